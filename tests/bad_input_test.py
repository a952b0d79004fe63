"""What is broken is refused with a message a user can act on: golden text for each mistake.

Among them: what is imported and not granted does not start (CAP-1).

Manifests, components and data directories, each broken in one way. `bad_input/FOLDER/CASE.txt`
holds the command, its exit status and what it prints. GOLDEN=write writes those files anew.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import support
from support import BUILD_ACTORS, ROOT, theater

CASES = ROOT / "tests" / "bad_input"
WRITE = os.environ.get("GOLDEN") == "write"
WASM_TOOLS = ROOT / "build" / "tools" / "python" / "bin" / "wasm-tools"

# What the manifest of a component grants, if it is not nothing.
GRANTS = {"missing_handler": "[grants.timer]\n", "missing_lifecycle": "[grants.timer]\n",
          "wrong_import_type": "[grants.timer]\n", "unknown_import": "[grants.timer]\n",
          "too_much_memory": '[limits]\nmemory = "1MiB"\n'}
# Those that only an attempt to run shows.
RUN = {"start_traps", "init_traps", "too_much_memory"}


def trap_at_start(text):
    """Fills the empty function that component tools call at instantiation."""
    return re.sub(r"\(func \(;(\d+);\) \(type (\d+)\)\)(?=\s*(?:\(@|\)))",
                  r"(func (;\1;) (type \2) unreachable)", text, count=1)


def want_memory(text):
    return text.replace("(memory (;0;) 0)", "(memory (;0;) 1024)")


EDITS = {"start_traps": trap_at_start, "too_much_memory": want_memory}


class GoldenTest(support.ActorTest):
    maxDiff = None

    def check_golden(self, golden, result, *arguments):
        """Compares what a command said with the golden file, less what differs each time."""
        text = f"$ theater {' '.join(map(str, arguments))}\n{result.stdout}{result.stderr}"
        text = text.replace(str(self.folder), "FOLDER").replace(str(support.THEATER), "theater")
        text = re.sub(r"\b[0-9a-f]{16,}\b", "HEX", text)
        text = re.sub(r"\b(at byte|batch|seq) \d+", r"\1 N", text)  # as the batches happened to be
        text = re.sub(r"(?m)^\d+ events", "N events", text)
        text = re.sub(r"(?m)^\[\d{4}-[^]]*\] ", "[TIME] ", text)  # of a log line
        text = re.sub(r"; there are runtime, .*", "; there are FAMILIES", text)  # of this build
        text = f"{text.rstrip()}\nexit status {result.returncode}\n"
        if WRITE:
            golden.write_text(text)
        self.assertNotEqual(result.returncode, 0)
        self.assertEqual(text, golden.read_text() if golden.exists() else "")


class ManifestTest(GoldenTest):

    def test_manifests(self):
        folder = self.folder / "manifests"
        shutil.copytree(CASES, self.folder, dirs_exist_ok=True)
        manifests = sorted(folder.glob("*.toml"))
        self.assertGreaterEqual(len(manifests), 10)
        for manifest in manifests:
            with self.subTest(case=manifest.stem):
                arguments = ("check", manifest.name)
                result = theater(*arguments, directory=folder)
                self.check_golden(CASES / "manifests" / f"{manifest.stem}.txt", result, *arguments)
                self.assertEqual(result.returncode, 2)
        print(f"{len(manifests)} broken manifests")


class UsageTest(GoldenTest):
    CASES = {"log_format": ("run", "actor.toml", "--log-format", "yaml"),
             "shards": ("run", "actor.toml", "--shards", "0"),
             "unknown_option": ("run", "actor.toml", "--log-formt", "json"),
             "no_manifest": ("run", "--log-format", "json"),
             "unknown_command": ("rnu", "actor.toml"),
             "option_without_manifest": ("run", "--metrcs", "9000"),
             "unused_variable": ("run", "room.toml", "--var", "room=1", "--var", "listn=:1"),
             "unused_variable_checked": ("check", "room.toml", "--var", "rooms=1"),
             "no_variables": ("run", "plain.toml", "--var", "listen=127.0.0.1:1"),
             "metrics": ("run", "actor.toml", "--metrics", "here")}

    def test_usage(self):
        plain = 'name = "x"\ncomponent = "x.wasm"\n'
        (self.folder / "plain.toml").write_text(plain)
        (self.folder / "room.toml").write_text(
            plain + 'params = "${room:-lobby}"\n\n'
            '[grants.websocket-server]\nlisten = "${listen:-:80}"\n')
        for name, arguments in self.CASES.items():
            with self.subTest(case=name):
                result = theater(*arguments, directory=self.folder)
                self.check_golden(CASES / "usage" / f"{name}.txt", result, *arguments)
                self.assertEqual(result.returncode, 2)


class ComponentTest(GoldenTest):

    def setUp(self):
        super().setUp()
        if not WASM_TOOLS.exists():
            self.skipTest("wasm-tools is not installed (tools/setup)")

    def test_components(self):
        sources = sorted(source for source in (CASES / "components").iterdir()
                         if source.suffix in (".wat", ".wit", ".wasm"))
        for source in sources:
            with self.subTest(case=source.stem):
                self.make(source)
                command = "run" if source.stem in RUN else "check"
                arguments = (command, f"{source.stem}.toml")
                result = theater(*arguments, directory=self.folder, seconds=60)
                self.check_golden(source.with_suffix(".txt"), result, *arguments)
        print(f"{len(sources)} broken components")

    def make(self, source):
        """Leaves CASE.wasm and CASE.toml in the test's folder."""
        name = source.stem
        component = self.folder / f"{name}.wasm"
        (self.folder / f"{name}.toml").write_text(
            f'name = "bad"\ncomponent = "{name}.wasm"\n\n{GRANTS.get(name, "")}')
        if source.suffix == ".wasm":
            shutil.copy(source, component)
        elif source.suffix == ".wat":
            self.tool("parse", source, "-o", component)
        else:
            self.make_dummy(source, component)
        if name == "truncated":
            component.write_bytes(component.read_bytes()[:-40])

    def make_dummy(self, source, component):
        """A component of the world in `source`, whose functions are all unreachable."""
        wit, text = self.folder / "wit", self.folder / "core.wat"
        shutil.rmtree(wit, ignore_errors=True)
        wit.mkdir()
        shutil.copy(source, wit)
        if "package theater:actor" not in source.read_text():
            shutil.copytree(ROOT / "wit", wit / "deps" / "theater-actor")
        self.tool("component", "embed", "--dummy", "-t", wit, "-w", "actor", "-o", text)
        text.write_text(EDITS.get(source.stem, str)(text.read_text()))
        self.tool("component", "new", text, "-o", component)

    def tool(self, *arguments):
        subprocess.run([WASM_TOOLS, *arguments], check=True, timeout=60)


def one(pattern, folder):
    """The only file of a pattern in a folder, or the first."""
    return sorted(folder.glob(pattern))[0]


def flip(path, offset):
    content = bytearray(path.read_bytes())
    content[offset] ^= 1
    path.write_bytes(content)


class DataTest(GoldenTest):
    """Each case breaks a copy of one good data directory."""

    def setUp(self):
        super().setUp()
        with self.node("echo") as node, self.connect("/echo") as client:
            client.send("one")
            client.recv()
            client.send("two")
            client.recv()
            self.assertEqual(node.stop(), 0)
        self.good = self.folder / "good"
        self.data.rename(self.good)

    def check(self, name, arguments, break_it):
        """Breaks a copy of the data, runs the command on it, compares what it says."""
        with self.subTest(case=name):
            shutil.rmtree(self.data, ignore_errors=True)
            shutil.copytree(self.good, self.data)
            break_it(self.data)
            result = theater(*arguments, directory=self.folder, seconds=60)
            self.check_golden(CASES / "data" / f"{name}.txt", result, *arguments)

    def test_data_directories(self):
        shutil.copytree(support.ACTORS / "echo", self.folder / "echo")
        manifest = self.folder / "echo" / "echo.toml"
        manifest.write_text(manifest.read_text().replace("../../build/actors", str(BUILD_ACTORS)))
        run = ("run", "echo/echo.toml", "--data", "data", "--var", "listen=127.0.0.1:1")
        verify, replay = ("verify", "data"), ("replay", "data")
        for name, arguments, break_it in (
                ("missing", verify, shutil.rmtree),
                ("missing_actors", ("actors", "data"), shutil.rmtree),
                ("missing_ops", ("ops", "data"), shutil.rmtree),
                ("empty", replay, self.empty),
                ("somebody_elses", run, self.somebody_elses),
                ("data_is_a_file", (*run[:3], "data/node", *run[4:]), str),
                ("identity_damaged", run, lambda data: flip(data / "node", 12)),
                ("log_damaged_verify", verify, self.damage_log),
                ("log_damaged_run", run, self.damage_log),
                ("segment_header_damaged", verify, lambda data: flip(one("log/seg-*", data), 9)),
                ("segment_missing", verify, lambda data: one("log/seg-*", data).unlink()),
                ("watermark_damaged", verify, lambda data: flip(data / "log" / "watermark", 20)),
                ("component_missing", replay, lambda data: one("components/*", data).unlink()),
                ("component_changed", verify, lambda data: flip(one("components/*", data), 99)),
                ("no_such_actor", ("state", "data", "--actor", "ecko"), str),
                ("no_such_event", ("state", "data", "--actor", "echo", "--at", "99999"), str)):
            self.check(name, arguments, break_it)

    def test_what_stands_before_damage_is_printed(self):
        shutil.copytree(self.good, self.data)
        self.damage_log(self.data)
        for arguments in ((), ("--actor", "echo", "--payloads")):
            with self.subTest(arguments=arguments):
                whole = theater("chain", self.good, *arguments)
                left = theater("chain", self.data, *arguments)
                self.assertEqual(whole.returncode, 0, whole.stderr)
                self.assertEqual(left.returncode, 1)
                self.assertIn("genesis", left.stdout)
                self.assertLess(len(left.stdout), len(whole.stdout))
                self.assertTrue(whole.stdout.startswith(left.stdout), left.stdout)
                self.assertIn("an acknowledged batch is damaged or missing", left.stderr)

    def empty(self, data):
        shutil.rmtree(data)
        data.mkdir()

    def somebody_elses(self, data):
        self.empty(data)
        (data / "thesis.tex").write_text("do not touch")

    def damage_log(self, data):
        """One bit inside the second message, whose batch is never that of genesis."""
        segment = one("log/seg-*", data)
        flip(segment, segment.read_bytes().index(b"\x00\x03two") + 2)


if __name__ == "__main__":
    support.main()
