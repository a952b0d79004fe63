"""How WIT names and types are spelled in C++."""

from .model import Scope, Type, WitError

_KEYWORDS = frozenset("""
alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t
char32_t class co_await co_return co_yield compl concept const const_cast consteval constexpr
constinit continue decltype default delete do double dynamic_cast else enum explicit export extern
false float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr
operator or or_eq private protected public register reinterpret_cast requires return short signed
sizeof static static_assert static_cast struct switch template this thread_local throw true try
typedef typeid typename union unsigned using virtual void volatile wchar_t while xor xor_eq tag
stdin stdout stderr errno
""".split())

_PRIMITIVES = {
    "bool": "bool", "u8": "std::uint8_t", "s8": "std::int8_t", "u16": "std::uint16_t",
    "s16": "std::int16_t", "u32": "std::uint32_t", "s32": "std::int32_t", "u64": "std::uint64_t",
    "s64": "std::int64_t", "f32": "float", "f64": "double", "char": "char32_t",
    "string": "::theater::wit::String"}

# Passed by value; everything else by reference to const.
_CHEAP = frozenset(_PRIMITIVES) | {"list", "enum", "flags"}


def snake(name: str) -> str:
    """A function, field, parameter or namespace: `handle-events` is handle_events."""
    name = name.replace("-", "_").lower()
    return name + "_" if name in _KEYWORDS else name


def camel(name: str) -> str:
    """A type: `op-id` is OpId."""
    return "".join(part[:1].upper() + part[1:].lower() for part in name.split("-"))


def constant(name: str) -> str:
    """An enum's case or a flag: `not-found` is kNotFound."""
    return "k" + camel(name)


def namespace(scope: Scope) -> str:
    """`theater:actor/timer@0.1.0` is theater::actor::timer."""
    package = scope.package.partition("@")[0]
    return "::".join(snake(part) for part in package.split(":") + [scope.name])


def type_name(type_: Type | None) -> str:
    """The C++ type that holds a value of the WIT type; laid out as in the canonical ABI."""
    if type_ is None:
        return "void"
    if type_.name is not None and type_.scope is not None:
        return f"::{namespace(type_.scope)}::{camel(type_.name)}"
    return structure_name(type_)


def structure_name(type_: Type) -> str:
    """As `type_name`, but spelled without the type's own name."""
    if type_.kind in _PRIMITIVES:
        return _PRIMITIVES[type_.kind]
    if type_.kind == "alias":
        return type_name(type_.elements[0])
    names = ", ".join(type_name(t) for t in type_.elements)
    if type_.kind in ("list", "option", "result", "tuple"):
        return f"::theater::wit::{camel(type_.kind)}<{names}>"
    raise WitError(f"a {type_.kind} without a name")


def parameter_type(type_: Type) -> str:
    """How a value is passed to a function."""
    name = type_name(type_)
    return name if type_.resolved().kind in _CHEAP else f"const {name}&"


def comment(docs: str, indent: str = "") -> list[str]:
    return [f"{indent}/// {line}".rstrip() for line in docs.splitlines()]
