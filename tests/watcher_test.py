"""file-watch from outside: changes of a real folder reach the actor and its chain, a watch comes
back after kill -9 and says that the actor must look again, a replay watches nothing.
"""

import shutil
import subprocess
import time

import support
from support import theater

WAIT_SECONDS = 30


class WatcherTest(support.ActorTest):

    def setUp(self):
        super().setUp()
        self.watched = self.folder / "watched"
        self.watched.mkdir()

    def watcher(self):
        return support.Node([support.ACTORS / "watcher" / "watcher.toml"], self.data,
                            {"folder": str(self.watched)})

    def wait_for(self, node, text, count=1):
        end = time.monotonic() + WAIT_SECONDS
        while node.text().count(text) < count:
            self.assertLess(time.monotonic(), end, f"no {text!r} in {node.text()}")
            time.sleep(0.02)

    def test_changes_are_told_and_a_killed_node_looks_again(self):
        with self.watcher() as node:
            self.wait_for(node, "watching, look 1")
            (self.watched / "a.txt").write_text("one")
            self.wait_for(node, "created folder/a.txt")
            (self.watched / "a.txt").rename(self.watched / "b.txt")
            self.wait_for(node, "renamed folder/a.txt to folder/b.txt")
            (self.watched / "deep" / "er").mkdir(parents=True)
            (self.watched / "deep" / "er" / "c.txt").write_text("two")
            self.wait_for(node, "created folder/deep/er/c.txt")
            node.kill()
        (self.watched / "missed.txt").write_text("while nobody looked")
        with self.watcher() as node:
            self.wait_for(node, "watching, look 2")
            (self.watched / "b.txt").unlink()
            self.wait_for(node, "removed folder/b.txt")
            self.assertNotIn("missed.txt", node.text())
            self.assertEqual(node.stop(), 0, node.text())
        self.assert_chain_holds()

    def test_replay_watches_nothing(self):
        with self.watcher() as node:
            self.wait_for(node, "watching, look 1")
            (self.watched / "a.txt").write_text("one")
            self.wait_for(node, "created folder/a.txt")
            self.assertEqual(node.stop(), 0, node.text())
        shutil.rmtree(self.watched)
        strace = shutil.which("strace")
        if strace is None:
            self.skipTest("strace is not installed (tools/setup --tests)")
        trace = self.folder / "trace"
        result = subprocess.run([strace, "-f", "-o", trace, "-e",
                                 "trace=inotify_init1,inotify_add_watch,openat2",
                                 support.THEATER, "replay", self.data],
                                capture_output=True, text=True, timeout=120)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertNotIn("(", "".join(line for line in trace.read_text().splitlines()
                                      if "inotify" in line or "openat2" in line))

    def test_a_folder_that_is_not_granted_refuses_to_start(self):
        manifest = self.folder / "bad.toml"
        manifest.write_text((support.ACTORS / "watcher" / "watcher.toml").read_text()
                            .replace('roots = {', 'rots = {'))
        result = theater("check", manifest)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("roots", result.stdout + result.stderr)


if __name__ == "__main__":
    support.main()
