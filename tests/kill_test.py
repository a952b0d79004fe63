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
from support import connect, theater_json

CYCLES = int(os.environ.get("KILL_CYCLES", "20"))
SEED = int(os.environ.get("KILL_SEED", time.time_ns() % 1_000_000))
CLIENTS = 4
MESSAGE = re.compile(rb'\{"seq":(\d+),"from":"c\d+","text":"[^"]*"\}')


class Talker(threading.Thread):
    """A client that sends without waiting and keeps what it receives."""

    def __init__(self, address, name):
        super().__init__(daemon=True)
        self.address = address
        self.label = name
        self.received = []

    def run(self):
        from websockets.exceptions import WebSocketException
        try:
            with connect(self.address) as client:
                for number in range(1_000_000):
                    client.send(f"{self.label}-{number}")
                    self.received.append(client.recv(timeout=10))
        except (OSError, EOFError, TimeoutError, WebSocketException):
            pass  # the node was killed


class KillTest(support.ActorTest):

    def test_twenty_kills_lose_nothing_that_was_seen(self):
        print(f"seed {SEED}: repeat with KILL_SEED={SEED}")
        chance = random.Random(SEED)
        recorded = {}  # number -> text of every message in the chain
        next_event = 0
        for cycle in range(CYCLES):
            talkers = self.run_and_kill(cycle, chance.uniform(0.05, 0.5))
            next_event = self.read_chain(recorded, next_event)
            received = self.check_received(talkers, recorded)
            self.assertEqual(sorted(recorded), list(range(1, len(recorded) + 1)),
                             "the numbers of the messages have a gap")
            self.assert_chain_holds()
            print(f"cycle {cycle + 1}: {received} received, {len(recorded)} messages and "
                  f"{next_event} events in the chain: holds", flush=True)
        with self.node("chat") as node, connect(self.address("/ws")) as client:
            client.send("the end")
            texts = [json.loads(client.recv(timeout=10)) for _ in range(101)]
            self.assertEqual(texts[-1]["text"], "the end")
            self.assertEqual(texts[-1]["seq"], len(recorded) + 1)
            self.assertEqual(node.stop(), 0)
        self.assert_chain_holds()

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
            for output in event.get("outputs", ()):
                self.add_message(recorded, output)
        return next_event

    def add_message(self, recorded, output):
        match = MESSAGE.search(bytes.fromhex(output.get("hex", "")))
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
            self.assertEqual(numbers, sorted(set(numbers)), "a client saw a number twice")
        return count


if __name__ == "__main__":
    support.main()
