"""random and environment from outside: granted variables only, seeded bytes that the chain explains
and that never come twice across a restart, a replay that needs neither source.
"""

import hashlib
import os
import struct
import time
import unittest.mock

import support
from support import theater_json

ROLLS = 20
WAIT_SECONDS = 30


def seeded(event):
    """What a seeded get-bytes at this event's place must answer, from the chain alone."""
    seed = (b"theater/random/v1\0" + bytes.fromhex(event["actor"])
            + struct.pack(">QQQ", event["invocation"], 0, 0))
    return hashlib.sha256(seed).digest()[:8]


class DiceTest(support.ActorTest):

    def roll(self, **variables):
        """Runs the actor until it has rolled some more; returns its chain."""
        before = self.rolls() if self.data.exists() else 0
        with unittest.mock.patch.dict(os.environ, DICE_SIDES="3", DICE_SECRET="hidden"):
            with support.Node([support.ACTORS / "dice" / "dice.toml"], self.data,
                              {"period_ms": "10", **variables}) as node:
                end = time.monotonic() + WAIT_SECONDS
                while self.lines(node) < ROLLS and time.monotonic() < end:
                    time.sleep(0.02)
                self.assertEqual(node.stop(), 0, node.text())
        self.assertGreaterEqual(self.rolls() - before, ROLLS)
        return self.chain()

    def lines(self, node):
        return node.text().count("rolled ")

    def chain(self):
        return theater_json("chain", self.data, "--actor", "dice", "--payloads")

    def calls(self, name):
        return [event for event in self.chain()
                if event["kind"] == "host-call" and event["function"].endswith(name)]

    def rolls(self):
        return len(self.calls("random@0.1.0#get-bytes"))

    def test_the_environment_is_recorded_once_and_replayed_without(self):
        self.roll()
        reads = self.calls("environment@0.1.0#get")
        self.assertEqual([read["payloads"][1]["wave"] for read in reads], ['some("3")'])
        with unittest.mock.patch.dict(os.environ, DICE_SIDES="6"):
            self.assert_chain_holds()

    def test_seeded_bytes_follow_from_the_chain_and_never_come_twice(self):
        self.roll(source="seeded")
        self.roll(source="seeded")
        answers = [event["payloads"][1]["hex"] for event in self.calls("get-bytes")]
        self.assertEqual(answers, ["0008" + seeded(event).hex()
                                   for event in self.calls("get-bytes")])
        self.assertEqual(len(set(answers)), len(answers))
        self.assert_chain_holds()


if __name__ == "__main__":
    support.main()
