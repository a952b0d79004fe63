"""tools/new_host.py makes a family that builds and whose tests pass, and refuses nonsense.

Only the new family is compiled, against the libraries of this build: what a developer waits for.
"""

import json
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from support import BUILD, ROOT

TOOL = ROOT / "tools" / "new_host.py"
CHANGED = ("all_hosts.cc", "README.md", "tables_test.cc", "grant_examples_test.cc")
MODEL = ROOT / "src" / "hosts" / "recipe_test.cc"  # compiled with the flags of every test there


class NewHostTest(unittest.TestCase):

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        self.tree = self.folder / "tree"
        for path in [*(ROOT / "src/hosts" / name for name in CHANGED),
                     *ROOT.glob("src/hosts/*/README.md"), *ROOT.glob("src/hosts/*/grant.cc")]:
            copy = self.tree / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
        shutil.copytree(ROOT / "wit", self.tree / "wit")

    def run_tool(self, *arguments):
        return subprocess.run([sys.executable, TOOL, *arguments, "--root", self.tree],
                              capture_output=True, text=True, check=False, timeout=60)

    def test_the_new_family_builds_and_its_tests_pass(self):
        made = self.run_tool("rain-gauge")
        self.assertEqual(made.returncode, 0, made.stderr)
        hosts = (self.tree / "src/hosts/all_hosts.cc").read_text()
        self.assertIn('#include "hosts/rain_gauge/family.h"\n', hosts)
        self.assertTrue(re.findall(r"push_back\((\w+)::make", hosts)[-1] == "rain_gauge")
        self.assertIn("- `rain_gauge`", (self.tree / "src/hosts/README.md").read_text())
        self.check_wit()
        hosts = self.tree / "src/hosts"
        sources = [*(hosts / "rain_gauge").glob("*.cc"),
                   *(hosts / name for name in CHANGED if name.endswith(".cc"))]
        with ThreadPoolExecutor() as pool:
            objects = list(pool.map(self.compile, sources))
        program = self.link(objects)
        ran = subprocess.run([program], capture_output=True, text=True, check=False, timeout=120)
        self.assertEqual(ran.returncode, 0, ran.stdout[-4000:] + ran.stderr[-2000:])
        for test in ("Tables.AKeyOfRainGauge", "GrantExamples.ShowTheDefaultOfEachLimit"):
            self.assertIn(f"[       OK ] {test} ", ran.stdout)
        print(ran.stdout.strip().splitlines()[-1])

    def check_wit(self):
        wasm_tools = ROOT / "build" / "tools" / "python" / "bin" / "wasm-tools"
        if wasm_tools.exists():
            subprocess.run([wasm_tools, "component", "wit", self.tree / "wit"], check=True,
                           stdout=subprocess.DEVNULL, timeout=60)

    def compile(self, source):
        """The object of a source of the new tree, which is looked into before this one."""
        database = json.loads((BUILD / "compile_commands.json").read_text())
        entry = next(e for e in database if e["file"] == str(MODEL))
        words = shlex.split(entry["command"])
        words = words[:words.index("-o")]
        words.insert(words.index(next(w for w in words if w.startswith("-I"))),
                     f"-I{self.tree / 'src'}")
        words.append(f'-DTHEATER_SOURCE_DIR="{self.tree}"')
        made = self.folder / (source.stem + ".o")
        done = subprocess.run([*words, "-o", made, "-c", source], cwd=entry["directory"],
                              capture_output=True, text=True, check=False, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr[-4000:])
        return made

    def link(self, objects):
        """Links as the tests of the room are linked, with other objects."""
        commands = subprocess.run(["ninja", "-C", BUILD, "-t", "commands", "theater_hosts_test"],
                                  capture_output=True, text=True, check=True, timeout=60).stdout
        line = next(command for command in reversed(commands.splitlines())
                    if " -o src/hosts/theater_hosts_test" in command)
        words = shlex.split(line)
        words = words[words.index("&&") + 1:] if words[0] == ":" else words
        words = words[:words.index("&&")] if "&&" in words else words
        words = [word for word in words if not word.endswith(".cc.o")]
        program = self.folder / "family_test"
        at = words.index("-o")
        words[at + 1] = str(program)
        done = subprocess.run([*words[:at], *objects, *words[at:]], cwd=BUILD, capture_output=True,
                              text=True, check=False, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr[-4000:])
        return program

    def test_nonsense_is_refused(self):
        for name in ("Timer", "a_b", "-x", "", "timer/x"):
            with self.subTest(name=name):
                refused = self.run_tool(name) if not name.startswith("-") else self.run_tool(
                    "--", name)
                self.assertEqual(refused.returncode, 2)
        self.assertEqual(self.run_tool("timer").returncode, 2)
        self.assertNotIn("a_b", (self.tree / "src/hosts/all_hosts.cc").read_text())


if __name__ == "__main__":
    unittest.main()
