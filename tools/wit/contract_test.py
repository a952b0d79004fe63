"""The contract in wit/ is valid, documented, and every family in it has the same shape."""

import unittest

from wit import model
from wit.testing import read
from wit.tool import ROOT

BYTES_RESULT = "result<tuple<list<u8>>, string>"
ANSWERS_RESULT = "result<tuple<list<u8>, list<tuple<u64, answer>>>, string>"


def spelled(type_) -> str:
    """A type in WIT, aliases resolved and records by name."""
    type_ = type_.resolved()
    if type_.kind in ("record", "variant", "enum", "flags"):
        return type_.name
    inner = ", ".join("_" if t is None else spelled(t) for t in type_.elements)
    return f"{type_.kind}<{inner}>" if inner else type_.kind


def signature(function) -> str:
    parameters = ", ".join(f"{p.name}: {spelled(p.type)}" for p in function.parameters)
    return f"{function.name}: func({parameters}) -> {spelled(function.result)}"


class ContractTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.scopes = {scope.name: scope for scope in model.load(read(ROOT / "wit"))}

    def test_the_package(self):
        self.assertEqual({s.package for s in self.scopes.values()}, {"theater:actor@0.1.0"})
        self.assertLessEqual({"types", "operation", "lifecycle", "migration", "runtime", "timer",
                              "websocket-types", "websocket-server", "http-types",
                              "http-server"}, set(self.scopes))

    def test_handlers_take_the_state_and_a_batch(self):
        handlers = [s for s in self.scopes.values() if s.name.endswith("-handler")]
        self.assertGreaterEqual(len(handlers), 3)
        for scope in handlers:
            with self.subTest(interface=scope.name):
                answers = scope.name == "http-server-handler"
                self.assertEqual([signature(f) for f in scope.exports],
                                 ["handle-events: func(state: list<u8>, events: list<event>) -> "
                                  + (ANSWERS_RESULT if answers else BYTES_RESULT)])

    def test_families_are_complete(self):
        for name in [n.removesuffix("-handler") for n in self.scopes if n.endswith("-handler")]:
            with self.subTest(family=name):
                self.assertTrue(self.scopes[name].imports)
                event = next(t for t in self.scopes[name + "-types"].types if t.name == "event")
                self.assertEqual([m.name for m in event.members], ["id", "payload"])
                self.assertEqual(event.members[0].type.resolved().kind, "u64")

    def test_the_life_of_an_actor(self):
        self.assertEqual(signature(self.scopes["lifecycle"].exports[0]),
                         "init: func(params: list<u8>) -> " + BYTES_RESULT)
        self.assertEqual(signature(self.scopes["migration"].exports[0]),
                         "migrate: func(state: list<u8>, previous: string) -> " + BYTES_RESULT)

    def test_everything_is_documented(self):
        for scope in self.scopes.values():
            self.assertTrue(scope.docs, scope.name)
        calls = [(s.name, f) for s in self.scopes.values() for f in s.imports
                 if not s.name.endswith("-handler")]
        # These two say it by their name.
        silent = {("runtime", "self"), ("websocket-server", "unsubscribe")}
        for interface, function in calls:
            if (interface, function.name) not in silent:
                self.assertTrue(function.docs, f"{interface}#{function.name}")

    def test_one_file_a_family(self):
        """Each file is named after the interfaces in it, and each interface stands in its file."""
        files = {path.stem for path in (ROOT / "wit").glob("*.wit")}
        of_file = {name.removesuffix("-types").removesuffix("-handler") for name in self.scopes}
        self.assertEqual(files, of_file)


if __name__ == "__main__":
    unittest.main()
