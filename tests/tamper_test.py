"""Every single-bit flip of a small data directory is found, and the right event is named."""

import os
import subprocess

import support
from support import BUILD, theater_json

FLIP_STORE = BUILD / "tests" / "flip_store"
FLIP_SECONDS = 800


class TamperTest(support.ActorTest):

    def record(self):
        """A few messages between two clients, over two runs of the node."""
        for text in ("hello", "and again"):
            with self.node("chat") as node, self.connect("/ws") as first, \
                    self.connect("/ws") as second:
                first.send(text)
                second.send(text + " from the second")
                for client in (first, second):
                    while "from the second" not in client.recv():
                        pass
                self.assertEqual(node.stop(), 0)

    def test_no_flip_is_overlooked(self):
        self.record()
        self.assert_chain_holds()
        run = subprocess.run([FLIP_STORE, self.data], capture_output=True, text=True,
                             timeout=FLIP_SECONDS)
        print(run.stdout, end="")
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertRegex(run.stdout, r"(?m)^\d{5,} flips, 0 undetected, 0 misnamed$")

    def test_verify_names_the_event(self):
        self.record()
        events = theater_json("chain", self.data, "--actor", "chat")
        event = next(event for event in events if event["kind"] == "commit" and event["outputs"])
        path = self.data / event["file"]
        with open(path, "r+b") as file:
            file.seek(event["offset"] + 40)
            letter = file.read(1)[0]
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([letter ^ 4]))
        result = support.theater("verify", self.data)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        for part in (event["file"], str(event["offset"]), f"seq {event['seq']}", event["actor"]):
            self.assertIn(part, result.stdout)


if __name__ == "__main__":
    support.main()
