"""C++ definitions of WIT types.

Every type is laid out in wasm32 memory exactly as the canonical ABI stores it, so a list of records
that the host wrote is read where it lies and a list the guest passes is never copied. Static
assertions in the output hold the compiler to it.
"""

from . import layout
from .cpp_names import camel, comment, constant, namespace, snake, structure_name, type_name
from .model import Scope, Type


def definitions(scopes: list[Scope]) -> list[str]:
    """All named types, each after those it mentions."""
    lines: list[str] = []
    done: set[int] = set()
    for scope in scopes:
        for type_ in scope.types:
            _define(type_, done, lines)
    return lines


def _define(type_: Type, done: set[int], lines: list[str]):
    if id(type_) in done:
        return
    done.add(id(type_))
    for inner in [m.type for m in type_.members] + type_.elements:
        if inner is not None:
            _define(inner, done, lines)
    if type_.name is None or type_.scope is None:
        return
    lines += [f"namespace {namespace(type_.scope)} {{", *comment(type_.docs)]
    lines += _EMIT.get(type_.kind, _alias)(type_)
    if type_.kind in ("record", "variant"):
        lines += _assertions(type_)
    lines += ["}", ""]


def _alias(type_: Type) -> list[str]:
    return [f"using {camel(type_.name)} = {structure_name(type_)};"]


def _record(type_: Type) -> list[str]:
    lines = [f"struct {camel(type_.name)} {{"]
    for member in type_.members:
        lines += comment(member.docs, "  ")
        lines.append(f"  {type_name(member.type)} {snake(member.name)};")
    return lines + ["};"]


def _enum_body(type_: Type, head: str, indent: str) -> list[str]:
    lines = [f"{indent}{head} : {_unsigned(layout.discriminant_size(len(type_.members)))} {{"]
    for member in type_.members:
        lines += comment(member.docs, indent + "  ")
        lines.append(f"{indent}  {constant(member.name)},")
    return lines + [indent + "};"]


def _enum(type_: Type) -> list[str]:
    name = camel(type_.name)
    lines = _enum_body(type_, f"enum class {name}", "")
    lines += ["/// The case as WIT spells it.",
              f"constexpr std::string_view name_of({name} value) {{",
              "  switch (value) {"]
    lines += [f'    case {name}::{constant(m.name)}: return "{m.name}";' for m in type_.members]
    return lines + ["  }", '  return "";', "}"]


def _flags(type_: Type) -> list[str]:
    name, word = camel(type_.name), _unsigned(layout.flags_size(type_))
    lines = [f"struct {name} {{", f"  {word} bits = 0;"]
    lines += [f"  static const {name} {constant(m.name)};" for m in type_.members]
    lines += [
        f"  constexpr bool has({name} other) const {{ return (bits & other.bits) == other.bits; }}",
        f"  friend constexpr {name} operator|({name} a, {name} b) {{",
        f"    return {{static_cast<{word}>(a.bits | b.bits)}};", "  }",
        f"  friend constexpr bool operator==({name}, {name}) = default;", "};"]
    for index, member in enumerate(type_.members):
        lines += comment(member.docs)
        lines.append(f"inline constexpr {name} {name}::{constant(member.name)}{{1u << {index}}};")
    return lines


def _variant(type_: Type) -> list[str]:
    name = camel(type_.name)
    lines = [f"struct {name} {{", *_enum_body(type_, "enum class Tag", "  "), "  Tag tag;"]
    carrying = [m for m in type_.members if m.type is not None]
    if carrying:
        lines += ["  union {", "    ::theater::wit::Unit none_;"]
        lines += [f"    {type_name(m.type)} {snake(m.name)};" for m in carrying]
        lines.append("  };")
    lines.append(f"  {name}() : tag(){', none_()' if carrying else ''} {{}}")
    for member in type_.members:
        lines += _case_functions(name, member)
    return lines + ["};"]


def _case_functions(name: str, member) -> list[str]:
    plain, tag = member.name.replace("-", "_").lower(), f"Tag::{constant(member.name)}"
    argument = f"const {type_name(member.type)}& value" if member.type else ""
    lines = [f"  static {name} make_{plain}({argument}) {{", f"    {name} made;",
             f"    made.tag = {tag};"]
    if member.type:
        lines.append(f"    std::construct_at(&made.{snake(member.name)}, value);")
    return lines + ["    return made;", "  }",
                    f"  bool is_{plain}() const {{ return tag == {tag}; }}"]


def _assertions(type_: Type) -> list[str]:
    name = camel(type_.name)
    checks = [f"sizeof({name}) == {layout.size(type_)}",
              f"alignof({name}) == {layout.alignment(type_)}",
              f"std::is_trivially_copyable_v<{name}>"]
    if type_.kind == "record":
        checks += [f"offsetof({name}, {snake(m.name)}) == {offset}"
                   for m, offset in zip(type_.members, layout.field_offsets(type_))]
    else:
        offset = layout.payload_offset(type_)
        checks += [f"offsetof({name}, {snake(m.name)}) == {offset}"
                   for m in type_.members if m.type]
    return ["#ifdef __wasm32__", *(f"static_assert({check});" for check in checks), "#endif"]


def _unsigned(bytes_: int) -> str:
    return f"std::uint{8 * bytes_}_t"


_EMIT = {"record": _record, "enum": _enum, "flags": _flags, "variant": _variant}
