"""process from outside: a granted program sorts the actor's words, none is left when the node
stops, or is killed and started again, and a replay runs none.
"""

import os
import time
from pathlib import Path

import support
from support import ACTORS, BUILD_ACTORS, theater

WAIT_SECONDS = 30


class SorterTest(support.ActorTest):

    def marked(self):
        """Processes that this test's actor has, by number."""
        token = f"TOKEN={self.folder.name}".encode()
        found = set()
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and token in (entry / "environ").read_bytes():
                    found.add(int(entry.name))
            except OSError:
                continue
        return found

    def manifest(self, program="/usr/bin/sort"):
        """The sample's, for another program, with a mark of this test."""
        path = self.folder / "sorter.toml"
        text = (ACTORS / "sorter" / "sorter.toml").read_text()
        text = text.replace("/usr/bin/sort", str(program)).replace('"10s"', '"200s"')
        text = text.replace('LC_ALL = "C"', f'LC_ALL = "C", TOKEN = "{self.folder.name}"')
        path.write_text(text.replace("../../build/actors", str(BUILD_ACTORS)))
        return path

    def slow(self):
        """A program that does not end, and starts another one."""
        path = self.folder / "slow"
        path.write_text("#!/bin/sh\nsleep 300 &\nwait\n")
        os.chmod(path, 0o755)
        return path

    def wait_for(self, node, condition):
        end = time.monotonic() + WAIT_SECONDS
        while not condition():
            self.assertLess(time.monotonic(), end, node.text())
            time.sleep(0.02)

    def test_words_come_back_sorted_and_replay_runs_nothing(self):
        variables = {"words": "pear plum apple"}
        with support.Node([self.manifest()], self.data, variables) as node:
            self.wait_for(node, lambda: "sort ended with 0: apple pear plum" in node.text())
            self.assertEqual(node.stop(), 0, node.text())
        self.assert_chain_holds()
        self.assertEqual(self.marked(), set())

    def test_nothing_is_left_by_a_stop_or_a_kill(self):
        manifest = self.manifest(self.slow())
        with support.Node([manifest], self.data) as node:
            self.wait_for(node, lambda: len(self.marked()) >= 2)
            node.kill()
        left = self.marked()
        self.assertGreaterEqual(len(left), 2)  # a killed node cannot clean up
        with support.Node([manifest], self.data) as node:
            self.wait_for(node, lambda: not left & self.marked())
            self.wait_for(node, lambda: len(self.marked()) >= 2)  # interrupted: it is run again
            self.assertEqual(node.stop(), 0, node.text())
        self.wait_for(node, lambda: not self.marked())
        self.assertEqual(theater("verify", self.data).returncode, 0)


if __name__ == "__main__":
    support.main()
