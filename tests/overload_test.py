"""Asked for three times what it can do, a node goes on doing that, refuses the rest at once (503,
429, 1013), and loses nothing: each request is answered, the accepted ones alone are in the chain.
"""

import json
import re
import time

import support
from open_load import Load
from raw_http import RawClient, get
from support import Node, ROOT, free_port, guest, theater_json

TURNS = 400_000  # of a loop in the guest: a fraction of a millisecond
PEAK_SECONDS, OVERLOAD_SECONDS = 2, 5
CONNECTIONS = 600
GOODPUT_MIN = 0.3  # of the peak: other tests run beside; the bench holds half a minute to 0.8
OVERLOAD = 3


def recorded_numbers(data):
    """The numbers of the requests that the guest was given, as its chain has them."""
    numbers = []
    for event in theater_json("chain", data, "--actor", "spout", "--payloads", seconds=300):
        for payload in event.get("inputs", ()):
            numbers += re.findall(r"&id=(\d+)", payload.get("wave", ""))
    return [int(number) for number in numbers]


def refusals_recorded(data):
    """How many refusals the overflow records of the chain tell of."""
    total = 0
    for event in theater_json("chain", data, "--actor", "spout", seconds=300):
        if event["kind"] == "overflow" and "http-server requests" in event["what"]:
            total += int(re.search(r" (\d+) items", event["what"])[1])
    return total


class OverloadTest(support.ActorTest):

    def spout(self, **variables):
        self.port = free_port()
        return Node([ROOT / "tests" / "guests" / "spout" / "spout.toml"], self.data,
                    {"component": guest("spout"), "listen": f"127.0.0.1:{self.port}", **variables})

    def load(self, rate, seconds, connections):
        load = Load(self.port, f"/work?turns={TURNS}", connections)
        self.addCleanup(load.close)
        return load, load.run(rate, seconds)

    def test_three_times_what_it_can_do(self):
        with self.spout(inflight_max=64) as node:
            first, peak = self.load(None, PEAK_SECONDS, 32)
            self.assertEqual(set(first.counts()), {200})
            first.close()
            load, goodput = self.load(OVERLOAD * peak, OVERLOAD_SECONDS, CONNECTIONS)
            with RawClient(self.port) as client:  # as if nothing had been
                client.send(get("/ends"))
                self.assertEqual(client.read().status, 200)
            self.assertEqual(node.stop(), 0)
        counts = load.counts()
        print(f"peak {peak:,.0f}/s; asked {OVERLOAD * peak:,.0f}/s, goodput {goodput:,.0f}/s "
              f"({goodput / peak:.2f}); {dict(counts)}; p99 {load.quantile(0.99):.3f} s; "
              f"{load.left} not sent")
        self.assertLessEqual(set(counts), {200, 503})
        self.assertGreater(counts[503], counts[200] / 2)
        self.assertEqual(set(load.heads), {(503, True)}, "with Retry-After")
        self.assertGreater(goodput, GOODPUT_MIN * peak)
        given = recorded_numbers(self.data)
        answered = [number for number, status in load.statuses.items() if status == 200]
        peaked = list(first.statuses)
        self.assertEqual(sorted(given), sorted(peaked + answered))
        self.assertEqual(refusals_recorded(self.data), counts[503])
        self.assert_chain_holds()

    def test_one_client_beyond_its_share(self):
        manifest = (ROOT / "tests" / "guests" / "spout" / "spout.toml").read_text()
        path = self.folder / "spout.toml"
        path.write_text(manifest.replace('client_max = "100000"', "client_max = 8"))
        self.port = free_port()
        with Node([path], self.data, {"component": guest("spout"),
                                      "listen": f"127.0.0.1:{self.port}"}) as node:
            load, _ = self.load(None, PEAK_SECONDS, 32)
            self.assertEqual(node.stop(), 0)
        counts = load.counts()
        print(dict(counts), dict(load.heads))
        self.assertEqual(set(counts), {200, 429})
        self.assertEqual(set(load.heads), {(429, True)})
        given = recorded_numbers(self.data)
        self.assertEqual(sorted(given), [n for n, s in load.statuses.items() if s == 200])
        self.assertEqual(refusals_recorded(self.data), counts[429])

    def test_a_subscriber_beyond_what_it_takes(self):
        with self.node("chat") as node, self.connect("/ws", receive_buffer=4096) as slow, \
                self.connect("/ws") as writer:
            sent, end = 0, time.monotonic() + 60
            while not self.closed_with_1013() and time.monotonic() < end:
                for _ in range(100):
                    writer.send("x" * 32_000)
                    self.assertEqual(len(json.loads(writer.recv())["text"]), 32_000)
                    sent += 1
            print(f"closed with 1013 after {sent} messages, each of which the writer has had")
            self.assertIn(slow.wait_closed(), (1013, 1006))
            self.assertEqual(node.stop(), 0)
        self.assert_chain_holds()

    def closed_with_1013(self):
        self.seen = getattr(self, "seen", 0)
        events = theater_json("chain", self.data, "--actor", "chat", "--from", self.seen,
                              "--payloads")
        self.seen += len(events)
        return any("code: 1013" in payload.get("wave", "")
                   for event in events for payload in event["inputs"])


if __name__ == "__main__":
    support.main()
