"""The WIT model: what `wasm-tools component wit --json` prints, as linked objects.

`load` answers every interface and world of the package and those it depends on. Types are shared:
two mentions of a named type are the same object.
"""

from dataclasses import dataclass, field

PRIMITIVES = frozenset(
    ["bool", "u8", "s8", "u16", "s16", "u32", "s32", "u64", "s64", "f32", "f64", "char", "string"])


class WitError(Exception):
    """Something the WIT says that these tools do not cover; the text is for the user."""


@dataclass
class Member:
    """A record's field, a variant's case, a flag, an enum's case or a parameter."""
    name: str
    type: "Type | None" = None
    docs: str = ""


@dataclass(eq=False)
class Type:
    """One type. `kind` is a primitive's name or record, variant, enum, flags, option, result,
    tuple, list or alias. `members` serves the first four; `elements` the others (None = no
    payload)."""
    kind: str
    name: str | None = None
    scope: "Scope | None" = None
    members: list[Member] = field(default_factory=list)
    elements: "list[Type | None]" = field(default_factory=list)
    docs: str = ""

    def resolved(self) -> "Type":
        """The type without its aliases."""
        type_ = self
        while type_.kind == "alias":
            type_ = type_.elements[0]
        return type_


@dataclass
class Function:
    name: str
    parameters: list[Member]
    result: Type | None
    docs: str = ""


@dataclass(eq=False)
class Scope:
    """An interface, or what a world declares outside of interfaces."""
    package: str  # "theater:actor@0.1.0"
    name: str
    types: list[Type] = field(default_factory=list)
    imports: list[Function] = field(default_factory=list)
    exports: list[Function] = field(default_factory=list)
    docs: str = ""
    is_world: bool = False

    def module(self) -> str:
        """The name of the core module that imports of this scope come from."""
        if self.is_world:
            return "$root"
        base, _, version = self.package.partition("@")
        return f"{base}/{self.name}" + (f"@{version}" if version else "")

    def export_name(self, function: Function) -> str:
        """The name of the core export that stands for the function."""
        return function.name if self.is_world else f"{self.module()}#{function.name}"


def load(document: dict, world: str | None = None) -> list[Scope]:
    """The scopes of the document. Without `world` each interface's functions are both imports and
    exports; with it, only what that world imports and exports, and the types these need."""
    return _Loader(document).load(world)


class _Loader:
    def __init__(self, document: dict):
        self.document = document
        self.types: dict[int, Type] = {}
        self.primitives: dict[str, Type] = {}
        self.scopes: dict[tuple[str, int], Scope] = {}

    def load(self, world: str | None) -> list[Scope]:
        for index, entry in enumerate(self.document["interfaces"]):
            self._scope("interface", index, entry)
        for index, entry in enumerate(self.document["worlds"]):
            self._scope("world", index, entry).is_world = True
        for index, entry in enumerate(self.document["types"]):
            type_ = self._type(index)
            if type_.scope is not None and type_.name is not None:
                type_.scope.types.append(type_)
        if world is None:
            for index, entry in enumerate(self.document["interfaces"]):
                functions = [self._function(f) for f in entry["functions"].values()]
                scope = self.scopes["interface", index]
                scope.imports, scope.exports = functions, functions
            for index, entry in enumerate(self.document["worlds"]):
                for side in ("imports", "exports"):
                    for item in entry[side].values():
                        if "function" in item:
                            self._select_item(side, item, self.scopes["world", index])
        else:
            self._select(world)
        return list(self.scopes.values())

    def _scope(self, kind: str, index: int, entry: dict) -> Scope:
        package = self.document["packages"][entry["package"]]["name"]
        name = entry["name"] or f"interface-{index}"
        scope = Scope(package, name, docs=_docs(entry))
        self.scopes[kind, index] = scope
        return scope

    def _select(self, world: str):
        for index, entry in enumerate(self.document["worlds"]):
            if entry["name"] != world:
                continue
            for side in ("imports", "exports"):
                for item in entry[side].values():
                    self._select_item(side, item, self.scopes["world", index])
            return
        names = ", ".join(w["name"] for w in self.document["worlds"]) or "none"
        raise WitError(f"there is no world `{world}`; worlds: {names}")

    def _select_item(self, side: str, item: dict, world: Scope):
        if "interface" in item:
            index = item["interface"]["id"]
            functions = self.document["interfaces"][index]["functions"].values()
            setattr(self.scopes["interface", index], side, [self._function(f) for f in functions])
        elif "function" in item:
            getattr(world, side).append(self._function(item["function"]))

    def _function(self, entry: dict) -> Function:
        if entry["kind"] != "freestanding":
            raise WitError(f"function `{entry['name']}`: resources and async are not covered")
        parameters = [Member(p["name"], self._reference(p["type"])) for p in entry["params"]]
        result = entry.get("result")
        return Function(entry["name"], parameters, self._reference(result), _docs(entry))

    def _reference(self, reference) -> Type | None:
        if reference is None:
            return None
        if isinstance(reference, int):
            return self._type(reference)
        if reference not in PRIMITIVES:
            raise WitError(f"type `{reference}` is not covered")
        return self.primitives.setdefault(reference, Type(reference))

    def _type(self, index: int) -> Type:
        if index in self.types:
            return self.types[index]
        entry = self.document["types"][index]
        type_ = Type("", entry["name"], self._owner(entry), docs=_docs(entry))
        self.types[index] = type_
        kind, body = next(iter(entry["kind"].items())) if isinstance(entry["kind"], dict) else (
            entry["kind"], None)
        self._fill(type_, kind, body)
        return type_

    def _fill(self, type_: Type, kind: str, body):
        type_.kind = "alias" if kind == "type" else kind
        if kind in ("type", "list", "option"):
            type_.elements = [self._reference(body)]
        elif kind == "tuple":
            type_.elements = [self._reference(t) for t in body["types"]]
        elif kind == "result":
            type_.elements = [self._reference(body.get("ok")), self._reference(body.get("err"))]
        elif kind in ("record", "variant", "enum", "flags"):
            members = body[{"record": "fields", "flags": "flags"}.get(kind, "cases")]
            type_.members = [Member(m["name"], self._reference(m.get("type")), _docs(m))
                             for m in members]
        else:
            raise WitError(f"type `{type_.name or kind}`: `{kind}` is not covered")

    def _owner(self, entry: dict) -> Scope | None:
        owner = entry.get("owner")
        return self.scopes[next(iter(owner.items()))] if owner else None


def _docs(entry: dict) -> str:
    return (entry.get("docs") or {}).get("contents") or ""
