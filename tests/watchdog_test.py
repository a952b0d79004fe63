"""A host function that blocks its shard is named by `theater run --watchdog` and fails the test
that ran it, as is what a socket's readiness leads to; without a fault nobody is named, not even on
a machine that has too much to do.
"""

import json
import os
import re
import subprocess
import sys
import time

import support
from support import BUILD, ROOT

BUSY_SECONDS = 3
NAMED_SECONDS = 20


class WatchdogTest(support.ActorTest):

    def planted(self, call):
        """The library that makes a call of the C library slow."""
        cache = (BUILD / "CMakeCache.txt").read_text()
        compiler = re.search(r"(?m)^CMAKE_C_COMPILER:\w+=(.+)$", cache)[1]
        library = self.folder / "slow_calls.so"
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library,
                        ROOT / "tests" / "slow_calls.c"], check=True, timeout=60)
        return {"LD_PRELOAD": str(library), "SLOW_CALL": call}

    def counter(self, **how):
        return support.Node([support.ACTORS / "counter" / "counter.toml"], self.data,
                            environment=self.planted("timerfd_settime"), **how)

    def talk(self, messages):
        with self.connect("/echo") as client:
            for number in range(messages):
                client.send(f"message {number}")
                self.assertEqual(client.recv(), f"message {number}")

    def wait_until_named(self, node):
        end = time.monotonic() + NAMED_SECONDS
        while not node.held():
            self.assertLess(time.monotonic(), end, "nobody is named")
            time.sleep(0.02)
        self.assertEqual(node.stop(), 0)

    def test_who_blocks_is_named_and_fails_the_test(self):
        with self.assertRaisesRegex(AssertionError, "BLOCK-1: .* held its shard for ") as failed:
            with self.counter() as node:
                self.wait_until_named(node)
        said = str(failed.exception)
        print(said.strip())
        self.assertRegex(said, r"\[counter\] (every|after) of timer held its shard for \d+\.\d")
        self.assert_chain_holds()

    def test_a_completion_that_blocks_is_named_and_fails_the_test(self):
        with self.assertRaisesRegex(AssertionError, "BLOCK-1: .* held its shard for ") as failed:
            with self.node("echo", environment=self.planted("accept4")) as node:
                self.talk(1)
                self.wait_until_named(node)
        said = str(failed.exception)
        print(said.strip())
        self.assertRegex(
            said, r"\[echo\] acceptable of websocket-server held its shard for \d+\.\d")

    def test_json_has_the_family(self):
        node = self.counter(options=("--log-format", "json"))
        with self.assertRaises(AssertionError):
            with node:
                self.wait_until_named(node)
        line = json.loads(node.held()[0])
        self.assertEqual((line["level"], line["actor"], line["family"]),
                         ("warn", "counter", "timer"))

    def test_a_busy_machine_is_nobodys_fault(self):
        busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"])
                for _ in range(2 * (os.cpu_count() or 1))]
        try:
            with self.node("echo") as node:
                end = time.monotonic() + BUSY_SECONDS
                while time.monotonic() < end:
                    self.talk(20)
                self.assertEqual(node.stop(), 0)
        finally:
            for process in busy:
                process.kill()
                process.wait()


if __name__ == "__main__":
    support.main()
