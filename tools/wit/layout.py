"""How the canonical ABI lays types out in memory and flattens them into core values."""

from .model import Type, WitError

FLAT_PARAMETERS_MAX = 16
FLAT_RESULTS_MAX = 1

_SIZES = {"bool": 1, "u8": 1, "s8": 1, "u16": 2, "s16": 2, "u32": 4, "s32": 4, "u64": 8, "s64": 8,
          "f32": 4, "f64": 8, "char": 4}
_FLAT = {"u64": "i64", "s64": "i64", "f32": "f32", "f64": "f64"}


def discriminant_size(cases: int) -> int:
    return 1 if cases <= 0x100 else 2 if cases <= 0x10000 else 4


def flags_size(type_: Type) -> int:
    count = len(type_.members)
    if count > 32:
        raise WitError(f"flags `{type_.name}`: more than 32 are not covered")
    return 1 if count <= 8 else 2 if count <= 16 else 4


def payloads(type_: Type) -> "list[Type | None]":
    """What each case of a variant-like type carries, in the order of the discriminants."""
    if type_.kind == "variant":
        return [member.type for member in type_.members]
    if type_.kind == "option":
        return [None, type_.elements[0]]
    return list(type_.elements)  # result


def fields(type_: Type) -> "list[Type]":
    """The types of a record's fields or a tuple's elements."""
    return [m.type for m in type_.members] if type_.kind == "record" else list(type_.elements)


def alignment(type_: Type) -> int:
    type_ = type_.resolved()
    if type_.kind in _SIZES:
        return _SIZES[type_.kind]
    if type_.kind in ("string", "list"):
        return 4
    if type_.kind in ("record", "tuple"):
        return max(alignment(t) for t in fields(type_))
    if type_.kind == "enum":
        return discriminant_size(len(type_.members))
    if type_.kind == "flags":
        return flags_size(type_)
    cases = payloads(type_)
    return max([discriminant_size(len(cases))] + [alignment(t) for t in cases if t])


def size(type_: Type) -> int:
    type_ = type_.resolved()
    if type_.kind in _SIZES:
        return _SIZES[type_.kind]
    if type_.kind in ("string", "list"):
        return 8
    if type_.kind in ("record", "tuple"):
        offset = 0
        for member in fields(type_):
            offset = align_up(offset, alignment(member)) + size(member)
        return align_up(offset, alignment(type_))
    if type_.kind in ("enum", "flags"):
        return alignment(type_)
    widest = max([size(t) for t in payloads(type_) if t], default=0)
    return align_up(payload_offset(type_) + widest, alignment(type_))


def field_offsets(type_: Type) -> list[int]:
    """Where each field of a record or element of a tuple begins."""
    offsets, offset = [], 0
    for member in fields(type_.resolved()):
        offset = align_up(offset, alignment(member))
        offsets.append(offset)
        offset += size(member)
    return offsets


def payload_offset(type_: Type) -> int:
    """Where the payload of a variant-like type begins."""
    cases = payloads(type_)
    widest = max([alignment(t) for t in cases if t], default=1)
    return align_up(discriminant_size(len(cases)), widest)


def align_up(offset: int, to: int) -> int:
    return (offset + to - 1) // to * to


def flatten(type_: Type) -> list[str]:
    """The core value types that carry the type in parameters and results."""
    type_ = type_.resolved()
    if type_.kind in _SIZES:
        return [_FLAT.get(type_.kind, "i32")]
    if type_.kind in ("string", "list"):
        return ["i32", "i32"]
    if type_.kind in ("record", "tuple"):
        return [core for t in fields(type_) for core in flatten(t)]
    if type_.kind in ("enum", "flags"):
        return ["i32"]
    joined: list[str] = []
    for payload in payloads(type_):
        for index, core in enumerate(flatten(payload) if payload else []):
            if index == len(joined):
                joined.append(core)
            elif joined[index] != core:
                joined[index] = "i32" if {core, joined[index]} == {"i32", "f32"} else "i64"
    return ["i32"] + joined
