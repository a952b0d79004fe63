"""filesystem from outside: an index is kept of a folder, never torn although the node is killed
while it is written; a link that leads out is denied; a replay touches no file.
"""

import os
import random
import shutil
import time

import support
from support import theater, theater_json

WAIT_SECONDS = 30
KILLS = 5


class JournalTest(support.ActorTest):

    def setUp(self):
        super().setUp()
        self.notes, self.index = self.folder / "notes", self.folder / "index"
        self.notes.mkdir()
        self.index.mkdir()

    def journal(self):
        return support.Node([support.ACTORS / "journal" / "journal.toml"], self.data,
                            {"period_ms": "20", "notes": str(self.notes), "index": str(self.index)})

    def expected(self):
        lines = []
        for path in sorted(self.notes.iterdir(), key=lambda path: os.fsencode(path.name)):
            text = path.read_text()
            lines.append(f"{path.name} {len(text)} {text[:1] or '-'}\n")
        return "".join(lines)

    def written(self):
        path = self.index / "index.txt"
        return path.read_text() if path.exists() else ""

    def wait_for_index(self, node):
        end = time.monotonic() + WAIT_SECONDS
        while self.written() != self.expected():
            self.assertLess(time.monotonic(), end, node.text())
            time.sleep(0.02)

    def assert_whole(self):
        """Every line of what is there now is whole: name, size, first character."""
        text = self.written()
        self.assertTrue(text == "" or text.endswith("\n"), text[-80:])
        for line in text.splitlines():
            name, size, first = line.split(" ")
            self.assertTrue(name.startswith("note") and int(size) >= 0 and len(first) == 1, line)

    def test_the_index_follows_and_is_never_torn(self):
        seed = 20251125
        print(f"seed {seed}")
        chance = random.Random(seed)
        for kill in range(KILLS):
            with self.journal() as node:
                end = time.monotonic() + chance.uniform(0.2, 0.6)
                while time.monotonic() < end:
                    note = self.notes / f"note{chance.randrange(400)}"
                    note.write_text("x" * chance.randrange(100))
                    self.assert_whole()
                node.kill()
            self.assert_whole()
        with self.journal() as node:
            self.wait_for_index(node)
            self.assertEqual(node.stop(), 0, node.text())
        left = [path.name for path in self.index.iterdir() if path.name != "index.txt"]
        self.assertLessEqual(len(left), 1)  # a temporary file, if a kill came in between
        self.assertEqual(theater("verify", self.data).returncode, 0)

    def test_replay_needs_no_file(self):
        (self.notes / "note1").write_text("hello")
        with self.journal() as node:
            self.wait_for_index(node)
            self.assertEqual(node.stop(), 0, node.text())
        shutil.rmtree(self.notes)
        shutil.rmtree(self.index)
        self.assertTrue(theater_json("replay", self.data)[-1]["equal"])
        self.assertFalse(self.index.exists())

    def test_a_link_out_of_the_folder_is_denied_and_the_actor_goes_on(self):
        secret = self.folder / "secret"
        secret.write_text("S")
        (self.notes / "note1").symlink_to(secret)
        (self.notes / "note2").write_text("T")
        with self.journal() as node:
            end = time.monotonic() + WAIT_SECONDS
            while "note2 1 T\n" not in self.written():
                self.assertLess(time.monotonic(), end, node.text())
                time.sleep(0.02)
            self.assertEqual(node.stop(), 0, node.text())
        self.assertRegex(self.written(), r"^note1 \d+ -\n")


if __name__ == "__main__":
    support.main()
