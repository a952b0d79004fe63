"""The echo actor written in Rust, JavaScript and Python behaves as the one in C++ does."""

import time

import support
from support import ACTORS, BUILD_ACTORS

MESSAGES = ("hello", "", "\u00e9\u4e16\U0001f600", "x" * 70_000, b"", b"\x00\xff\x80",
            bytes(70_000))
START_SECONDS = 240  # 38 core modules are compiled at the first start


class LanguagesTest(support.ActorTest):

    def check_echo(self, name):
        reason = BUILD_ACTORS / f"{name}.skipped"
        if reason.exists():
            self.skipTest(reason.read_text().strip().removeprefix("skipped: "))
        self.assertTrue((BUILD_ACTORS / f"{name}.wasm").exists(), "tools/build_languages.py first")
        started = time.monotonic()
        with self.node(name, seconds=START_SECONDS) as node, self.connect("/echo") as client, \
                self.connect("/echo") as other:
            print(f"{name}: started in {time.monotonic() - started:.1f} s")
            for message in MESSAGES:
                client.send(message)
                self.assertEqual(client.recv(timeout=60), message)
            other.send("mine")
            client.send("yours")
            self.assertEqual((other.recv(timeout=60), client.recv(timeout=60)), ("mine", "yours"))
            self.assertEqual(client.close(), 1000)
            self.assertEqual(node.stop(), 0)
        self.assert_chain_holds()

    def test_rust(self):
        self.check_echo("echo-rust")

    def test_javascript(self):
        self.check_echo("echo-js")

    def test_python(self):
        self.check_echo("echo-python")

    def test_cpp(self):
        self.check_echo("echo")

    def test_each_is_at_most_forty_lines(self):
        for source in ("echo/actor.cc", "echo-rust/src/lib.rs", "echo-js/echo.js",
                       "echo-python/echo_actor.py"):
            lines = (ACTORS / source).read_text().count("\n")
            self.assertLessEqual(lines, 40, source)


if __name__ == "__main__":
    support.main()
