"""C++ that turns a value into the core values of a call, and back.

`lower` and `lift` answer expressions; the statements these need come before them in `lines`.
"""

from . import layout
from .cpp_names import snake, type_name
from .model import Type

_CORE = {"i32": "std::int32_t", "i64": "std::int64_t", "f32": "float", "f64": "double"}


def core_type(core: str) -> str:
    return _CORE[core]


class Values:
    """Collects statements; makes names that do not clash."""

    def __init__(self, indent: str = "  "):
        self.lines: list[str] = []
        self.indent = indent
        self._count = 0

    def add(self, line: str):
        self.lines.append(self.indent + line)

    def fresh(self, stem: str) -> str:
        self._count += 1
        return f"{stem}{self._count}_"

    # C++ to core values

    def lower(self, type_: Type, value: str) -> list[str]:
        type_ = type_.resolved()
        if type_.kind == "string" or type_.kind == "list":
            return [f"::theater::wit::address({value}.data())",
                    f"static_cast<std::int32_t>({value}.size())"]
        if type_.kind == "flags":
            return [f"static_cast<std::int32_t>({value}.bits)"]
        if type_.kind == "record":
            return [core for m in type_.members
                    for core in self.lower(m.type, f"{value}.{snake(m.name)}")]
        if type_.kind == "tuple":
            return [core for index, element in enumerate(type_.elements)
                    for core in self.lower(element, f"{value}.element{index}")]
        if type_.kind in ("variant", "option", "result"):
            return self._lower_cases(type_, value)
        return [f"static_cast<{_CORE[layout.flatten(type_)[0]]}>({value})"]

    def _lower_cases(self, type_: Type, value: str) -> list[str]:
        cores = layout.flatten(type_)
        slots = [self.fresh("slot") for _ in cores]
        for slot, core in zip(slots, cores):
            self.add(f"{_CORE[core]} {slot} = 0;")
        self.add(f"{slots[0]} = static_cast<std::int32_t>({_discriminant(type_, value)});")
        if len(cores) == 1:
            return slots
        self.add(f"switch ({slots[0]}) {{")
        for index, payload in enumerate(layout.payloads(type_)):
            if payload is not None:
                self._lower_case(index, payload, _payload(type_, index, value),
                                 list(zip(slots, cores)))
        self.add("  default: break;")
        self.add("}")
        return slots

    def _lower_case(self, index: int, payload: Type, value: str, slots: list[tuple[str, str]]):
        self.add(f"  case {index}: {{")
        self.indent += "    "
        lowered = self.lower(payload, value)
        for core, expression, (slot, joined) in zip(layout.flatten(payload), lowered, slots[1:]):
            self.add(f"{slot} = {_widen(core, joined, expression)};")
        self.add("break;")
        self.indent = self.indent[:-4]
        self.add("  }")

    # core values to C++

    def lift(self, type_: Type, cores: list[str]) -> str:
        """Takes the expressions it needs from the front of `cores`."""
        named, type_ = type_name(type_), type_.resolved()
        if type_.kind == "string":
            return f"::theater::wit::string_at({cores.pop(0)}, {cores.pop(0)})"
        if type_.kind == "list":
            element = type_name(type_.elements[0])
            return f"::theater::wit::list_at<{element}>({cores.pop(0)}, {cores.pop(0)})"
        if type_.kind == "bool":
            return f"({cores.pop(0)} != 0)"
        if type_.kind in ("record", "tuple"):
            return named + "{" + ", ".join(self.lift(t, cores) for t in layout.fields(type_)) + "}"
        if type_.kind == "flags":
            return f"{named}{{static_cast<decltype({named}::bits)>({cores.pop(0)})}}"
        if type_.kind in ("variant", "option", "result"):
            return self._lift_cases(type_, named, cores)
        return f"static_cast<{named}>({cores.pop(0)})"

    def _lift_cases(self, type_: Type, named: str, cores: list[str]) -> str:
        flat = layout.flatten(type_)
        taken = [cores.pop(0) for _ in flat]
        lifted = self.fresh("value")
        self.add(f"::theater::wit::Slot<{named}> {lifted};")
        self.add(f"switch ({taken[0]}) {{")
        for index, payload in enumerate(layout.payloads(type_)):
            self.add(f"  case {index}: {{")
            self.indent += "    "
            value = ""
            if payload is not None:
                narrowed = [_narrow(joined, core, expression) for core, joined, expression
                            in zip(layout.flatten(payload), flat[1:], taken[1:])]
                value = self.lift(payload, narrowed)
            self.add(f"new ({lifted}.bytes) {named}({_make(type_, index, named, value)});")
            self.add("break;")
            self.indent = self.indent[:-4]
            self.add("  }")
        self.add("  default: __builtin_trap();")
        self.add("}")
        return f"(*{lifted}.get())"


def _discriminant(type_: Type, value: str) -> str:
    if type_.kind == "variant":
        return f"{value}.tag"
    return f"{value}.has_value()" if type_.kind == "option" else f"!{value}.ok()"


def _payload(type_: Type, index: int, value: str) -> str:
    if type_.kind == "variant":
        return f"{value}.{snake(type_.members[index].name)}"
    if type_.kind == "option":
        return f"(*{value})"
    return f"{value}.value()" if index == 0 else f"{value}.error()"


def _make(type_: Type, index: int, named: str, value: str) -> str:
    """The expression that makes the case out of its payload."""
    if type_.kind == "variant":
        plain = type_.members[index].name.replace("-", "_").lower()
        return f"{named}::make_{plain}({value})"
    if type_.kind == "option" or index == 0:
        return f"{named}({value})"
    failure = type_name(type_.elements[1])
    return f"{named}(::theater::wit::Failure<{failure}>{{{value}}})"


def _widen(core: str, joined: str, value: str) -> str:
    if core == joined:
        return value
    if core == "f32":
        bits = f"std::bit_cast<std::int32_t>({value})"
        return bits if joined == "i32" else f"static_cast<std::uint32_t>({bits})"
    if core == "f64":
        return f"std::bit_cast<std::int64_t>({value})"
    return f"static_cast<std::int64_t>(static_cast<std::uint32_t>({value}))"


def _narrow(joined: str, core: str, value: str) -> str:
    if core == joined:
        return value
    if core == "f32":
        return f"std::bit_cast<float>(static_cast<std::int32_t>({value}))"
    if core == "f64":
        return f"std::bit_cast<double>({value})"
    return f"static_cast<std::int32_t>({value})"
