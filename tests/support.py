"""What the outside tests share: the built program, nodes on free ports, WebSocket clients.

Every wait is bounded, every node is ended, every port is free when chosen. The build to test is
named by THEATER_BUILD (default build/release).
"""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
import unittest
from pathlib import Path

from wire import Wire

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("THEATER_BUILD", ROOT / "build" / "release")).resolve()
THEATER = BUILD / "bin" / "theater"
ACTORS = ROOT / "actors"
BUILD_ACTORS = ROOT / "build" / "actors"
START_SECONDS = 60
STOP_SECONDS = 15
HELD = re.compile(r"(?P<function>[\w-]+ of [\w-]+) held its shard for (?P<ms>[\d.]+) ms, "
                  r"(?P<blocked>[\d.]+) of them blocked")
BLOCKED_MAX_MS = 20
COMPUTED_MAX_MS = 50
STOLEN_MAX_MS = 50
HELD_AGAIN = 3  # times that a function is named in one run
SKIPPED = 77  # what ctest takes for "skipped"


def stolen_ms():
    """What a hypervisor has taken from this machine's processors since it started."""
    times = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return 1000 * int(times[8]) / os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def theater(*arguments, seconds=120, directory=None):
    """Runs one command to its end; returns the finished process with its output as text."""
    return subprocess.run([str(THEATER), *map(str, arguments)], capture_output=True, text=True,
                          timeout=seconds, cwd=directory, stdin=subprocess.DEVNULL)


def theater_json(*arguments, **options):
    """The JSON values a command prints with --json, one a line; fails unless it exits with 0."""
    result = theater(*arguments, "--json", **options)
    if result.returncode != 0:
        raise AssertionError(f"{arguments} ended with {result.returncode}: "
                             f"{result.stdout}{result.stderr}")
    return [json.loads(line) for line in result.stdout.splitlines()]


def guest(name):
    """The component of one of tests/guests."""
    return BUILD / "guests" / f"{name}.wasm"


def component_of(project):
    """The component that `theater build` made of a project."""
    manifest = next(project.glob("*.toml"))
    component = tomllib.loads(manifest.read_text())["component"]
    return (project / component).resolve()


class Node:
    """A running `theater run`. Use as a context: leaving it kills what still runs, and fails if the
    watchdog named a host function that held its shard (BLOCK-1): for long, or again and again. What
    happens now and then for some milliseconds is printed: it looks like that when a hypervisor
    fetches memory, or when who holds a lock for a moment has no processor just then."""

    def __init__(self, manifests, data, variables=None, **how):
        options, self.start_seconds = how.get("options", ()), how.get("seconds", START_SECONDS)
        limit = how.get("descriptors")
        command = [str(THEATER), "run", *map(str, manifests), "--data", str(data), "--json",
                   "--watchdog", *map(str, options)]
        for key, value in (variables or {}).items():
            command += ["--var", f"{key}={value}"]
        if limit:
            command = ["prlimit", f"--nofile={limit}:{limit}", *command]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, stdin=subprocess.DEVNULL,
                                        env={**os.environ, **how.get("environment", {})})
        self.lines = []
        self.errors = []
        self._stolen_before = stolen_ms()
        self._ready = threading.Event()
        self._readers = [threading.Thread(target=self._read_output, daemon=True),
                         threading.Thread(target=self._read_errors, daemon=True)]
        for reader in self._readers:
            reader.start()

    def _read_output(self):
        for line in self.process.stdout:
            self.lines.append(line)
            if '"ready"' in line:
                self._ready.set()
        self._ready.set()

    def _read_errors(self):
        for line in self.process.stderr:
            self.errors.append(line)

    def wait_ready(self):
        if not self._ready.wait(self.start_seconds) or self.process.poll() is not None:
            raise AssertionError(f"the node did not start: {self.text()}")
        return self

    def text(self):
        return "".join(self.lines) + "".join(self.errors)

    def resident_bytes(self):
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def _open_names(self):
        folder = Path(f"/proc/{self.process.pid}/fd")
        for entry in folder.iterdir():
            with contextlib.suppress(OSError):  # closed meanwhile
                yield os.readlink(entry)

    def descriptors(self):
        """How many sockets the node holds, less those that are just being closed."""
        counts = []
        for _ in range(5):
            counts.append(sum(name.startswith("socket:") for name in self._open_names()))
            time.sleep(0.02)
        return min(counts)

    def stop(self, number=signal.SIGTERM, seconds=STOP_SECONDS):
        """Signals the node and returns its exit status."""
        self.process.send_signal(number)
        return self.wait(seconds)

    def kill(self):
        self.process.kill()
        self.process.wait(STOP_SECONDS)

    def wait(self, seconds=STOP_SECONDS):
        status = self.process.wait(seconds)
        for reader in self._readers:
            reader.join(STOP_SECONDS)
        return status

    def __enter__(self):
        return self.wait_ready()

    def __exit__(self, *exception):
        if self.process.poll() is None:
            self.kill()
        for reader in self._readers:
            reader.join(STOP_SECONDS)
        self.process.stdout.close()
        self.process.stderr.close()
        if exception[0] is not None:
            print(f"the node said:\n{self.text()}", file=sys.stderr)
            return
        held = self.held()
        if self._are_fault(held):
            raise AssertionError(f"BLOCK-1: {''.join(held)}")
        if held:
            print(f"now and then: {''.join(held)}", flush=True)

    def _are_fault(self, held):
        stolen = min(stolen_ms() - self._stolen_before, STOLEN_MAX_MS)
        names = []
        for line in held:
            hold = HELD.search(line)
            blocked = float(hold["blocked"])
            names.append(hold["function"])
            if blocked > BLOCKED_MAX_MS + stolen or float(hold["ms"]) - blocked > COMPUTED_MAX_MS:
                return True
        return any(names.count(name) >= HELD_AGAIN for name in names)

    def held(self):
        """What the watchdog said."""
        return [line for line in self.errors if HELD.search(line)]


class ActorTest(unittest.TestCase):
    """A test with a data directory of its own."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="theater-test-"))
        self.data = self.folder / "data"
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def node(self, *names, port=None, variables=None, **how):
        """A node with sample actors; `self.port` is where the first listens."""
        self.port = port or free_port()
        manifests = [ACTORS / name / f"{name}.toml" for name in names]
        listen = {"listen": f"127.0.0.1:{self.port}"}
        return Node(manifests, self.data, {**listen, **(variables or {})}, **how)

    def witness(self, **how):
        """A node with the guest `witness`; its path is /witness."""
        self.port = free_port()
        variables = {"component": guest("witness"), "listen": f"127.0.0.1:{self.port}",
                     **how.pop("variables", {})}
        return Node([ROOT / "tests" / "guests" / "witness" / "witness.toml"], self.data, variables,
                    **how)

    def connect(self, path, **options):
        return Wire(self.address(path), **options)

    def address(self, path):
        return f"ws://127.0.0.1:{self.port}{path}"

    def assert_chain_holds(self, data=None):
        """verify and replay both exit with 0."""
        for command in ("verify", "replay"):
            result = theater(command, data or self.data)
            self.assertEqual(result.returncode, 0,
                             f"{command}: {result.stdout}{result.stderr}")

    def assert_replay_opens_no_socket(self):
        strace = shutil.which("strace")
        if strace is None:
            self.skipTest("strace is not installed (tools/setup --tests)")
        trace = self.folder / "trace"
        result = subprocess.run([strace, "-f", "-e", "trace=%network", "-o", trace, THEATER,
                                 "replay", self.data], capture_output=True, text=True,
                                timeout=120)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        opened = [line for line in trace.read_text().splitlines()
                  if any(f" {name}(" in line for name in ("socket", "bind", "listen", "connect"))]
        self.assertEqual(opened, [])


def main():
    """Runs the module's tests; exits with 77 if the program is not built."""
    if not THEATER.exists():
        print(f"skipped: {THEATER} is not built")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
