"""A terminal that an actor has taken is as it was before, whatever ended the actor or the node;
keys and sizes reach the actor; a replay opens no terminal.
"""

import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import termios
import time

import support
from support import theater

WAIT_SECONDS = 30


class Screen:
    """The person's end of a pseudo terminal."""

    def __init__(self):
        self.person, self.other = pty.openpty()
        self.path = os.ttyname(self.other)
        self.before = termios.tcgetattr(self.other)
        self.seen = ""
        self.resize(80, 24)

    def resize(self, columns, rows):
        fcntl.ioctl(self.other, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys):
        os.write(self.person, keys.encode())

    def look(self):
        while select.select([self.person], [], [], 0.02)[0]:
            self.seen += os.read(self.person, 65536).decode(errors="replace")
        return self.seen

    def is_raw(self):
        return not termios.tcgetattr(self.other)[3] & termios.ICANON

    def is_as_before(self):
        return termios.tcgetattr(self.other) == self.before

    def close(self):
        os.close(self.person)
        os.close(self.other)


class TerminalTest(support.ActorTest):

    def setUp(self):
        super().setUp()
        self.screen = Screen()
        self.addCleanup(self.screen.close)

    def keys(self):
        return support.Node([support.ACTORS / "keys" / "keys.toml"], self.data,
                            {"device": self.screen.path})

    def wait_for(self, holds, what):
        end = time.monotonic() + WAIT_SECONDS
        while not holds():
            self.assertLess(time.monotonic(), end, f"{what}: {self.screen.seen!r}")
            time.sleep(0.02)

    def wait_to_see(self, text):
        self.wait_for(lambda: text in self.screen.look(), text)

    def check_restored(self):
        self.wait_for(self.screen.is_as_before, "the terminal is not as it was")
        self.wait_to_see("\x1b[?25h")

    def test_keys_and_sizes_arrive_and_every_end_restores(self):
        for number, ending in enumerate(["q", signal.SIGTERM, signal.SIGUSR2, signal.SIGKILL,
                                         signal.SIGABRT]):
            with self.subTest(ending=ending), self.keys() as node:
                self.screen.seen = ""
                self.screen.resize(80, 24)
                self.wait_to_see("x 24")
                self.wait_for(self.screen.is_raw, "raw mode")
                self.screen.type("a")
                self.wait_to_see(": a")
                self.screen.resize(100 + number, 30)
                self.wait_to_see(f"{100 + number} x 30")
                if ending == "q":
                    self.screen.type("q")
                    self.assertEqual(node.wait(), 0, node.text())
                else:
                    node.process.send_signal(ending)
                    node.wait()
                self.check_restored()
            if ending == "q":  # it has ended for good
                shutil.rmtree(self.data)
        self.assert_chain_holds()

    def test_it_counts_on_after_a_kill(self):
        with self.keys() as node:
            self.wait_to_see("x 24")
            self.screen.type("ab")
            self.wait_to_see("key 2: ")
            node.kill()
        self.check_restored()
        self.screen.seen = ""
        with self.keys() as node:
            self.wait_to_see("key 2: ")
            self.wait_for(self.screen.is_raw, "raw mode")
            self.assertEqual(node.stop(), 0, node.text())
        self.check_restored()

    def test_replay_opens_no_terminal(self):
        with self.keys() as node:
            self.wait_to_see("x 24")
            self.screen.type("a")
            self.wait_to_see(": a")
            self.assertEqual(node.stop(), 0, node.text())
        strace = shutil.which("strace")
        if strace is None:
            self.skipTest("strace is not installed (tools/setup --tests)")
        trace = self.folder / "trace"
        result = subprocess.run([strace, "-f", "-o", trace, "-e", "trace=openat,ioctl",
                                 support.THEATER, "replay", self.data],
                                capture_output=True, text=True, timeout=120,
                                stdin=subprocess.DEVNULL)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        touched = [line for line in trace.read_text().splitlines()
                   if self.screen.path in line or "/dev/tty" in line or "TCSETS" in line]
        self.assertEqual(touched, [])

    def test_what_is_no_terminal_refuses_to_start(self):
        for device, why in (("/dev/null", "is no terminal"), ("/dev/nothing", "No such file")):
            result = theater("run", support.ACTORS / "keys" / "keys.toml", "--data", self.data,
                             "--var", f"device={device}")
            self.assertNotEqual(result.returncode, 0)
            self.assertIn(why, result.stdout + result.stderr)


if __name__ == "__main__":
    support.main()
