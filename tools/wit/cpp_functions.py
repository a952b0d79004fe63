"""C++ for a scope's functions: imports as plain functions, exports as a class to implement.

Natively (not wasm32) an import calls a hook that a test provides, and exports are ordinary calls.
"""

from . import layout
from .cpp_names import camel, comment, namespace, parameter_type, snake, type_name
from .cpp_values import Values, core_type
from .model import Function, Scope, Type


def tuple_arities(scopes: list[Scope]) -> list[int]:
    """The sizes of all tuples mentioned, and of parameter lists that are passed in memory."""
    found: set[int] = set()

    def visit(type_: Type | None):
        if type_ is None:
            return
        if type_.kind == "tuple":
            found.add(len(type_.elements))
        for inner in [m.type for m in type_.members] + type_.elements:
            visit(inner)

    for scope in scopes:
        for type_ in scope.types:
            visit(type_)
        for function in scope.imports + scope.exports:
            visit(function.result)
            for parameter in function.parameters:
                visit(parameter.type)
            if _spills(function):
                found.add(len(function.parameters))
    return sorted(found)


def tuple_definitions(arities: list[int]) -> list[str]:
    lines = ["namespace theater::wit {"]
    for arity in arities:
        names = [f"Element{index}" for index in range(arity)]
        lines += [f"template <{', '.join('class ' + name for name in names)}>",
                  f"struct Tuple<{', '.join(names)}> {{"]
        lines += [f"  {name} element{index};" for index, name in enumerate(names)]
        lines.append("};")
    return lines + ["}  // namespace theater::wit", ""]


def import_definitions(scope: Scope) -> list[str]:
    if not scope.imports:
        return []
    lines = [f"namespace {namespace(scope)} {{", *comment(scope.docs)]
    lines += ["#ifdef __wasm32__", "namespace raw {"]
    for function in scope.imports:
        lines += _raw_import(scope, function)
    lines += ["}  // namespace raw", "#else", "/// What a test answers in the place of the host.",
              "struct Hooks {"]
    for function in scope.imports:
        parameters = ", ".join(parameter_type(p.type) for p in function.parameters)
        name = snake(function.name)
        lines.append(f"  std::function<{type_name(function.result)}({parameters})> {name};")
    lines += ["};", "inline Hooks& hooks() {", "  static Hooks hooks;", "  return hooks;", "}",
              "#endif", ""]
    for function in scope.imports:
        lines += _import(scope, function)
    return lines + ["}", ""]


def export_definitions(scope: Scope) -> list[str]:
    if not scope.exports:
        return []
    lines = [f"namespace {namespace(scope)} {{", "/// Derive from this to export the interface.",
             "class Guest {", " public:"]
    for function in scope.exports:
        lines += comment(function.docs, "  ")
        lines.append(f"  virtual {_signature(function, snake(function.name))} = 0;")
    lines += ["", " protected:", "  ~Guest() = default;", "};", "", "#ifdef __wasm32__",
              "template <class Implementation,",
              "          bool present = std::is_base_of_v<Guest, Implementation>>",
              "struct Exports {};", "template <class Implementation>",
              "struct Exports<Implementation, true> {"]
    for function in scope.exports:
        lines += _export(scope, function)
    return lines + ["};", "#endif", "}", ""]


def export_macro(scopes: list[Scope]) -> list[str]:
    """The macro that exports whatever interfaces a class implements."""
    with_exports = [scope for scope in scopes if scope.exports]
    lines = ["/// Exports every interface whose Guest the class derives from.", "#ifdef __wasm32__",
             "#define THEATER_WIT_EXPORT(Implementation) \\"]
    for scope in with_exports:
        lines.append(f"  template struct ::{namespace(scope)}::Exports<Implementation>; \\")
    return lines + ["  static_assert(true)", "#else",
                    "#define THEATER_WIT_EXPORT(Implementation) static_assert(true)", "#endif"]


def _flat_parameters(function: Function) -> list[str]:
    return [core for p in function.parameters for core in layout.flatten(p.type)]


def _spills(function: Function) -> bool:
    return len(_flat_parameters(function)) > layout.FLAT_PARAMETERS_MAX


def _returns_in_memory(function: Function) -> bool:
    return bool(function.result) and len(layout.flatten(function.result)) > layout.FLAT_RESULTS_MAX


def _signature(function: Function, name: str) -> str:
    parameters = ", ".join(f"{parameter_type(p.type)} {snake(p.name)}" for p in function.parameters)
    return f"{type_name(function.result)} {name}({parameters})"


def _spilled_type(function: Function) -> str:
    return f"::theater::wit::Tuple<{', '.join(type_name(p.type) for p in function.parameters)}>"


def _raw_import(scope: Scope, function: Function) -> list[str]:
    cores = ["i32"] if _spills(function) else _flat_parameters(function)
    result = "void"
    if _returns_in_memory(function):
        cores = cores + ["i32"]
    elif function.result:
        result = core_type(layout.flatten(function.result)[0])
    parameters = ", ".join(core_type(core) for core in cores)
    return [f'__attribute__((import_module("{scope.module()}"), import_name("{function.name}")))',
            f"{result} {snake(function.name)}({parameters});"]


def _import(scope: Scope, function: Function) -> list[str]:
    name = snake(function.name)
    lines = [*comment(function.docs), f"inline {_signature(function, name)} {{",
             "#ifdef __wasm32__", *_import_body(function), "#else"]
    arguments = ", ".join(snake(p.name) for p in function.parameters)
    lines += [f"  if (!hooks().{name}) {{",
              f'    ::theater::wit::missing_import("{scope.module()}#{function.name}");', "  }",
              f"  return hooks().{name}({arguments});", "#endif", "}", ""]
    return lines


def _import_body(function: Function) -> list[str]:
    values = Values()
    if _spills(function):
        arguments = ", ".join(snake(p.name) for p in function.parameters)
        values.add(f"const {_spilled_type(function)} spilled_{{{arguments}}};")
        cores = ["::theater::wit::address(&spilled_)"]
    else:
        cores = [core for p in function.parameters for core in values.lower(p.type, snake(p.name))]
    call = f"raw::{snake(function.name)}"
    if _returns_in_memory(function):
        values.add(f"::theater::wit::Slot<{type_name(function.result)}> result_;")
        values.add(f"{call}({', '.join(cores + ['::theater::wit::address(result_.bytes)'])});")
        values.add("return *result_.get();")
    elif function.result:
        values.add(f"const auto result_ = {call}({', '.join(cores)});")
        lifted = values.lift(function.result, ["result_"])
        values.add(f"return {lifted};")
    else:
        values.add(f"{call}({', '.join(cores)});")
    return values.lines


def _export(scope: Scope, function: Function) -> list[str]:
    values = Values("    ")
    cores = ["i32"] if _spills(function) else _flat_parameters(function)
    names = [f"core{index}_" for index in range(len(cores))]
    values.add("::theater::wit::begin_call();")
    values.add("Guest& guest = ::theater::wit::guest<Implementation>();")
    if _spills(function):
        values.add(f"using Spilled = {_spilled_type(function)};")
        values.add(f"const auto& spilled_ = ::theater::wit::list_at<Spilled>({names[0]}, 1)[0];")
        arguments = [f"spilled_.element{index}" for index in range(len(function.parameters))]
    else:
        remaining = list(names)
        arguments = [values.lift(p.type, remaining) for p in function.parameters]
    call = f"guest.{snake(function.name)}({', '.join(arguments)})"
    result = "void"
    if function.result:
        result = _finish_export(function, call, values)
    else:
        values.add(f"{call};")
        values.add("::theater::wit::end_call();")
    parameters = ", ".join(f"{core_type(core)} {name}" for core, name in zip(cores, names))
    head = [f'  __attribute__((export_name("{scope.export_name(function)}")))',
            f"  static {result} {snake(function.name)}({parameters}) {{"]
    return head + values.lines + ["  }"]


def _finish_export(function: Function, call: str, values: Values) -> str:
    """Adds the call and the return of its result; answers the core type returned."""
    if _returns_in_memory(function):
        values.add(f"static ::theater::wit::Slot<{type_name(function.result)}> result_;")
        values.add(f"new (result_.bytes) {type_name(function.result)}({call});")
        values.add("::theater::wit::end_call();")
        values.add("return ::theater::wit::address(result_.bytes);")
        return "std::int32_t"
    values.add(f"const auto result_ = {call};")
    lowered = values.lower(function.result, "result_")
    values.add("::theater::wit::end_call();")
    values.add(f"return {lowered[0]};")
    return core_type(layout.flatten(function.result)[0])
