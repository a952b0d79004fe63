"""A project becomes a component that imports only what it uses; mistakes get a sentence each."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

from wit.testing import read
from wit.tool import ROOT

SCRIPT = ROOT / "tools" / "build_component.py"
TEMPLATE = ROOT / "sdk" / "cpp" / "template"
MANIFEST = 'name = "p"\ncomponent = "out/p.wasm"\n'


def build(folder: pathlib.Path, *options: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, str(SCRIPT), str(folder), *options],
                          capture_output=True, text=True, check=False)


def actor(body: str, before: str = "") -> str:
    return ('#include "theater/runtime.h"\n' + before
            + "class A : public theater::Actor<> {\n" + body + "\n};\nTHEATER_ACTOR(A)\n")


class BuildComponentTest(unittest.TestCase):

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = pathlib.Path(self.temporary.name)

    def write(self, **files: str):
        for name, text in files.items():
            path = self.folder / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def assert_refused(self, words: str, *options: str):
        done = build(self.folder, *options)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(words, done.stderr)

    def functions(self, side: str) -> set[str]:
        """The functions the built component imports or exports, with their interfaces."""
        document = read(self.folder / "out" / "p.wasm")
        world, = document["worlds"]
        interfaces = [document["interfaces"][item["interface"]["id"]]
                      for item in world[side].values()]
        return {f"{i['name']}#{name}" for i in interfaces for name in i["functions"]}

    def test_imports_only_what_is_used(self):
        self.write(p_dot_toml=MANIFEST, a_dot_cc=actor(
            'void on_init(theater::BytesView) override { theater::log::info("x"); }'))
        done = build(self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.functions("imports"), {"runtime#log"})
        self.assertEqual(self.functions("exports"), {"lifecycle#init"})

    def test_the_standard_library_needs_no_wasi(self):
        self.write(p_dot_toml=MANIFEST, a_dot_cc=actor(
            "void on_init(theater::BytesView) override {\n"
            '  std::map<std::string, std::vector<double>> m{{"k", {1.5, 2}}};\n'
            '  if (std::format("{:.2f} {:>8}", m["k"][0], "x").empty()) fail("never");\n'
            "  std::ranges::sort(m[\"k\"], std::greater{});\n  std::puts(\"nobody sees this\");\n"
            '  if (std::getenv("HOME") != nullptr) fail("never");\n}',
            "#include <algorithm>\n#include <cstdio>\n#include <cstdlib>\n#include <format>\n"
            "#include <functional>\n#include <map>\n#include <vector>\n"))
        done = build(self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.functions("imports"), set())

    def test_the_same_source_gives_the_same_bytes(self):
        self.write(p_dot_toml=MANIFEST, a_dot_cc=actor(""))
        self.assertEqual(build(self.folder).returncode, 0)
        first = (self.folder / "out" / "p.wasm").read_bytes()
        with tempfile.TemporaryDirectory() as elsewhere:
            other = pathlib.Path(elsewhere) / "again.wasm"
            self.assertEqual(build(self.folder, "--output", str(other), "--work",
                                   elsewhere).returncode, 0)
            self.assertEqual(other.read_bytes(), first)

    def test_interfaces_of_the_project(self):
        self.write(p_dot_toml=MANIFEST,
                   wit__own_dot_wit="package my:maths;\ninterface sums { add: func(a: u32, b: u32) "
                                    "-> u32; }\ninterface more { twice: func(a: u32) -> u32; }\n",
                   a_dot_cc='#include "theater/actor.h"\n'
                            "class A : public theater::Actor<>, public my::maths::more::Guest {\n"
                            " std::uint32_t twice(std::uint32_t a) override {\n"
                            "  return my::maths::sums::add(a, a);\n }\n};\nTHEATER_ACTOR(A)\n")
        done = build(self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.functions("imports"), {"sums#add"})
        self.assertEqual(self.functions("exports"), {"lifecycle#init", "more#twice"})

    def test_native_tests_run(self):
        for file in TEMPLATE.glob("*"):
            if file.is_file():
                (self.folder / file.name).write_bytes(file.read_bytes())
        done = build(self.folder, "--test")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("[  PASSED  ] 2 tests.", done.stdout)

    def test_mistakes(self):
        self.assert_refused("has no *.cc file to build")
        self.write(a_dot_cc=actor(""))
        self.assert_refused("must have one manifest NAME.toml, it has 0")
        self.write(p_dot_toml='name = "p"\n')
        self.assert_refused("`component` must be the path of the component")
        self.write(p_dot_toml="name = \n")
        self.assert_refused("p.toml: Invalid value (at line 1")
        self.write(p_dot_toml=MANIFEST)
        self.assert_refused("cannot run `no-such-tool`", "--wasm-tools", "no-such-tool")
        self.assert_refused("has no *_test.cc", "--test")
        self.write(a_dot_cc=actor("nonsense"))
        self.assert_refused("compiling failed; see above")
        self.write(a_dot_cc='#include "theater/actor.h"\nclass A : public theater::Actor<> {};\n')
        self.assert_refused("nothing is exported: name the actor's class in THEATER_ACTOR(Class)")
        self.write(a_dot_cc=actor(
            'void on_init(theater::BytesView) override { std::fopen("x", "r"); }',
            "#include <cstdio>\n"))
        self.assert_refused("of `wasi_snapshot_preview1`, which actors do not have")
        self.write(a_dot_cc=actor("void f(); void on_init(theater::BytesView) override { f(); }"))
        self.assert_refused("linking failed; see above")
        self.assertFalse((self.folder / "out").exists())


if __name__ == "__main__":
    unittest.main()
