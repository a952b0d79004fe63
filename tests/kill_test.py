"""kill -9 under load, twenty times over the same data: what a client received is in the chain.

After each kill: every message a client received stands in an output of a commit, the numbers of
the messages have no gap and no repeat, verify and replay exit with 0, the next start goes on.
"""

import json
import os
import random
import re
import threading
import time

import support
from support import theater_json
from wire import Closed, Refused, Wire

CYCLES = int(os.environ.get("KILL_CYCLES", "20"))
SEED = int(os.environ.get("KILL_SEED", time.time_ns() % 1_000_000))
CLIENTS = 4
AHEAD = 16  # messages a client has sent and not yet seen
MESSAGES_MAX = 1500  # a client's, so that a slow machine's cycles stay short
MESSAGE = re.compile(rb'\{"seq":(\d+),"from":"c\d+","text":"[^"]*"\}')


class Talker(threading.Thread):
    """A client that sends ahead of what it has seen and keeps all that it receives."""

    def __init__(self, address, name):
        super().__init__(daemon=True)
        self.address = address
        self.label = name
        self.received = []
        self.sent = 0
        self.seen = 0

    def run(self):
        try:
            with Wire(self.address) as client:
                while self.seen < MESSAGES_MAX:
                    self.send_ahead(client)
                    message = client.recv()
                    self.received.append(message)
                    self.seen += f'"text":"{self.label}-' in message
        except (OSError, Closed, Refused):
            pass  # the node was killed

    def send_ahead(self, client):
        fresh = min(self.seen + AHEAD, MESSAGES_MAX) - self.sent
        if fresh > 0:
            client.send_all(f"{self.label}-{self.sent + index}" for index in range(fresh))
            self.sent += fresh


class KillTest(support.ActorTest):

    def test_kills_lose_nothing_that_was_seen(self):
        print(f"seed {SEED}: repeat with KILL_SEED={SEED}")
        chance = random.Random(SEED)
        recorded = {}  # number -> text of every message in the chain
        next_event, most = 0, 0
        for cycle in range(CYCLES):
            talkers = self.run_and_kill(cycle, chance.uniform(0.05, 0.5))
            next_event = self.read_chain(recorded, next_event)
            received = self.check_received(talkers, recorded)
            most = max(most, received)
            self.assert_whole(recorded)
            self.assert_chain_holds()
            print(f"cycle {cycle + 1}: {received} received, {len(recorded)} messages and "
                  f"{next_event} events in the chain: holds", flush=True)
        self.assertGreater(most, 100, "no cycle had any load to speak of")
        self.check_the_end(recorded, next_event)
        print(f"kill -9: {CYCLES} of {CYCLES} cycles hold")

    def check_the_end(self, recorded, next_event):
        """The next start delivers again what the last kill interrupted, then goes on."""
        with self.node("chat") as node, self.connect("/ws") as client:
            client.send("the end")
            last = {}
            while last.get("text") != "the end":
                last = json.loads(client.recv())
            self.assertEqual(node.stop(), 0)
        before = len(recorded)
        self.read_chain(recorded, next_event)
        self.assertEqual(last["seq"], len(recorded))
        self.assertLessEqual(len(recorded) - before, CLIENTS * AHEAD + 1)
        self.assert_whole(recorded)
        self.assert_chain_holds()

    def assert_whole(self, recorded):
        self.assertEqual(sorted(recorded), list(range(1, len(recorded) + 1)),
                         "the numbers of the messages have a gap")

    def run_and_kill(self, cycle, seconds):
        with self.node("chat") as node:
            talkers = [Talker(self.address("/ws"), f"{cycle}-{index}") for index in range(CLIENTS)]
            for talker in talkers:
                talker.start()
            time.sleep(seconds)  # the load, not a wait for something
            node.kill()
            for talker in talkers:
                talker.join(support.STOP_SECONDS)
        return talkers

    def read_chain(self, recorded, next_event):
        """Adds the messages of new commits to `recorded`; returns the seq after the last event."""
        events = theater_json("chain", self.data, "--actor", "chat", "--from", next_event,
                              "--payloads")
        for event in events:
            self.assertEqual(event["seq"], next_event, "the seq of events has a gap or a repeat")
            next_event += 1
            if event["kind"] != "commit":
                continue
            for payload in event["outputs"]:
                if payload["role"].startswith("output"):
                    self.add_message(recorded, payload)
        return next_event

    def add_message(self, recorded, output):
        """Keeps what was published; the history sent to who joins repeats it word for word."""
        match = MESSAGE.search(bytes.fromhex(output["hex"]))
        if not match:
            return
        number, text = int(match.group(1)), match.group(0).decode()
        if recorded.setdefault(number, text) != text:
            self.fail(f"number {number} was given twice: {recorded[number]} and {text}")

    def check_received(self, talkers, recorded):
        count = 0
        for talker in talkers:
            numbers = []
            for text in talker.received:
                number = json.loads(text)["seq"]
                self.assertEqual(recorded.get(number), text, "a client saw what is not recorded")
                numbers.append(number)
            count += len(numbers)
            self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers)))
                             if numbers else [], "a client saw a gap, a repeat or disorder")
        return count


if __name__ == "__main__":
    support.main()
