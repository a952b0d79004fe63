"""What the samples answer is good HTTP, as PyPI's redbot sees it; `make conformance` runs it.

It asks as several clients would: plain, with If-None-Match, for a range, for a compressed body.
"""

import json
import subprocess
import unittest

import support

REDBOT = support.ROOT / "build" / "tools" / "redbot" / "bin" / "redbot"
RUN_SECONDS = 60


@unittest.skipUnless(REDBOT.exists(), "redbot is not installed (make conformance installs it)")
class RedbotTest(support.ActorTest):

    def notes(self, path):
        """What redbot says of a path: its names of notes, by their level."""
        run = subprocess.run([REDBOT, "-o", "har", f"http://127.0.0.1:{self.port}{path}"],
                             capture_output=True, text=True, timeout=RUN_SECONDS)
        self.assertEqual(run.returncode, 0, run.stderr)
        (entry,) = json.loads(run.stdout)["log"]["entries"]
        by_level = {}
        for note in entry["_red_messages"]:
            by_level.setdefault(note["level"], []).append((note["note_id"], note["summary"]))
        print(f"{path}: {sum(map(len, by_level.values()))} notes", flush=True)
        return by_level

    def assert_good(self, path, warnings=()):
        with self.subTest(path=path):
            by_level = self.notes(path)
            self.assertIn("CL_CORRECT", [name for name, _ in by_level.get("GOOD", [])])
            self.assertEqual(by_level.get("BAD", []), [])
            warned = by_level.get("WARN", [])
            self.assertEqual([name for name, _ in warned], list(warnings), warned)

    def test_board(self):
        with self.node("board") as node:
            for path in ("/", "/api/notes", "/.theater/head", "/nothing"):
                self.assert_good(path)
            self.assert_good("/api/hello", warnings=["FRESHNESS_HEURISTIC"])  # says no word of it
            self.assertEqual(node.stop(), 0)
        self.assert_chain_holds()

    def test_newsroom(self):
        notes = self.folder / "notes"
        notes.mkdir()
        (notes / "first.md").write_text("# First\n\nA note.\n")
        variables = {"notes": notes, "index": self.folder / "index.db"}
        with self.node("newsroom", variables=variables) as node:
            for path in ("/", "/api/search?q=x", "/nothing"):
                self.assert_good(path)
            self.assertEqual(node.stop(), 0)
        self.assert_chain_holds()


if __name__ == "__main__":
    support.main()
