"""Bindings compile for wasm32 and natively and keep the ABI's layout; the rest is refused."""

import pathlib
import subprocess
import tempfile
import unittest

import build_component
import wit_bindgen
from wit import model
from wit.testing import document, read
from wit.tool import ROOT

EVERY_KIND = ROOT / "sdk" / "cpp" / "tests" / "roundtrip" / "wit"


def check_syntax(header: str, flags: list[str], code: str = "") -> subprocess.CompletedProcess:
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        (path / "bindings.h").write_text(header)
        (path / "test.cc").write_text('#include "bindings.h"\n' + code)
        command = [build_component.find_compiler(None), *flags, "-Werror", "-fsyntax-only",
                   f"-I{ROOT / 'sdk' / 'cpp' / 'include'}", str(path / "test.cc")]
        return subprocess.run(command, capture_output=True, text=True, check=False)


class CppTest(unittest.TestCase):

    def assert_compiles(self, header: str, code: str = ""):
        for flags in (build_component.FLAGS, build_component.NATIVE_FLAGS):
            done = check_syntax(header, flags, code)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_every_kind_compiles_and_keeps_its_layout(self):
        header = wit_bindgen.header(read(EVERY_KIND))
        self.assertIn("static_assert(offsetof(Narrow, d) == 8);", header)
        self.assertIn("static_assert(sizeof(Nest) == 48);", header)
        self.assert_compiles(header)

    def test_the_compiler_would_notice_a_wrong_layout(self):
        header = wit_bindgen.header(read(EVERY_KIND))
        wrong = header.replace("sizeof(Nest) == 48", "sizeof(Nest) == 44")
        self.assertNotEqual(check_syntax(wrong, build_component.FLAGS).returncode, 0)

    def test_names_that_cpp_reserves(self):
        header = wit_bindgen.header(document("""
            package test:names;
            interface default {
              record class { new: u8, private: string }
              enum switch { case, default, not-found }
              variant union { int(u8), tag(string), %return }
              delete: func(this: class, operator: union) -> switch;
            }"""))
        self.assert_compiles(header, """
            using namespace test::names::default_;
            static_assert(static_cast<int>(Switch::kNotFound) == 2);
            Union made() { return Union::make_int(Class{1, "x"}.new_); }""")

    def test_output_is_the_same_each_time(self):
        contract = read(ROOT / "wit")
        self.assertEqual(wit_bindgen.header(contract), wit_bindgen.header(contract))

    def test_a_world_limits_what_is_written(self):
        wit = """
            package test:worlds;
            interface in { give: func(); }
            interface out { take: func() -> string; }
            world narrow { import in; export out; import direct: func(a: u32) -> u32; }"""
        header = wit_bindgen.header(document(wit), "narrow")
        self.assertIn('import_module("test:worlds/in"), import_name("give")', header)
        self.assertNotIn('import_module("test:worlds/out")', header)
        self.assertIn('export_name("test:worlds/out#take")', header)
        self.assertNotIn('export_name("test:worlds/in#give")', header)
        self.assertIn('import_module("$root"), import_name("direct")', header)
        self.assert_compiles(header)
        with self.assertRaisesRegex(model.WitError, "no world `wide`; worlds: narrow"):
            wit_bindgen.header(document(wit), "wide")

    def test_what_is_not_covered_is_refused(self):
        cases = {"resource thing;": "thing",
                 "f: func() -> stream<u8>;": "stream",
                 "f: async func();": "async"}
        for body, word in cases.items():
            with self.subTest(body=body), self.assertRaisesRegex(model.WitError, word):
                wit_bindgen.header(document("package test:no; interface i { " + body + " }"))


if __name__ == "__main__":
    unittest.main()
