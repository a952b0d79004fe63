"""Clients that ask over HTTP and do not read (a download, events) cost bounded memory, are cut off
by rule, counted, and told of in the chain; who reads beside them has all of it.
"""

import socket
import threading
import time

import support
from metrics_test import scrape, value
from raw_http import Ended, RawClient, get, post
from support import Node, ROOT, free_port, guest, theater_json

DEAF = 20
SMALL_BUFFER = 4096
OUT_HARD = 512 << 10  # of tests/guests/spout/spout.toml
TOPIC_BYTES = 128 << 10
CHUNK = 128 << 10  # that the guest writes at once
SPARE = 24 << 20  # what a node may grow by besides
CUT_SECONDS = 20
GIB = 1 << 30


class Deaf(RawClient):
    """Asks, and reads nothing until it is told to."""

    def __init__(self, port, request):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        self.socket.settimeout(10)
        self.socket.connect(("127.0.0.1", port))
        self.buffer = b""
        self.socket.sendall(request)

    def rest(self):
        """How many bytes come before the end."""
        total = 0
        try:
            while data := self.socket.recv(1 << 20):
                total += len(data)
        except ConnectionError:
            pass
        return total


class SlowHttpTest(support.ActorTest):

    def spout(self):
        self.port, self.metrics = free_port(), free_port()
        return Node([ROOT / "tests" / "guests" / "spout" / "spout.toml"], self.data,
                    {"component": guest("spout"), "listen": f"127.0.0.1:{self.port}"},
                    options=("--metrics", self.metrics, "--shards", 1))

    def figure(self, name):
        return value(scrape(self.metrics), f"theater_{name}", actor="spout", family="http-server")

    def wait_until_cut_off(self, count):
        """Returns the most bytes the node has held meanwhile."""
        highest, end = 0, time.monotonic() + CUT_SECONDS
        while self.figure("http_slow_closes_total") < count:
            self.assertLess(time.monotonic(), end, "clients that do not read are not cut off")
            highest = max(highest, self.node_running.resident_bytes())
            time.sleep(0.05)
        return highest

    def ask(self, request):
        with RawClient(self.port) as client:
            client.send(request)
            return client.read().body.decode()

    def chain_texts(self, actor="spout"):
        """What each event of the chain says, and its inputs."""
        for event in theater_json("chain", self.data, "--actor", actor, "--payloads"):
            yield event["kind"], event["what"], [payload.get("wave", "")
                                                 for payload in event["inputs"]]

    def check_cut_off(self, what, deaf, each):
        """All of `deaf` are cut off; the node has grown by at most `each` bytes for one."""
        highest = self.wait_until_cut_off(len(deaf))
        grown = highest - self.before
        print(f"{what}: {len(deaf)} cut off; the node grew by {grown >> 10} KiB at most")
        self.assertLess(grown, len(deaf) * each + SPARE)
        self.assertEqual(self.figure("http_slow_closes_total"), len(deaf))
        for client in deaf:
            self.assertLess(client.rest(), GIB)
            client.socket.close()

    def test_of_a_download(self):
        with self.spout() as self.node_running:
            self.ask(get("/"))
            self.before = self.node_running.resident_bytes()
            deaf = [Deaf(self.port, get(f"/bytes?count={GIB}")) for _ in range(DEAF)]
            with RawClient(self.port) as reader:  # has all of it meanwhile
                reader.send(get("/bytes?count=8000000"))
                self.assertEqual(len(reader.read().body), 8_000_000)
            self.check_cut_off("a download", deaf, OUT_HARD + CHUNK)
            self.assertEqual(self.ask(get("/ends")), f"1 finished, {DEAF} cut off, 0 gone")
            self.assertEqual(self.node_running.stop(), 0)
        told = sum(text.count("ended(some({code: full") for _, _, inputs in self.chain_texts()
                   for text in inputs)
        self.assertEqual(told, DEAF, "the chain has the end of each")
        self.assert_chain_holds()

    def test_of_events(self):
        heard = []

        def listen(client):
            try:
                while True:
                    heard.append(client.read_chunk().count(b"data: "))
            except Ended:
                return

        with self.spout() as self.node_running, RawClient(self.port) as reader:
            reader.send(get("/events"))
            reader.read_head()
            thread = threading.Thread(target=listen, args=(reader,), daemon=True)
            thread.start()
            self.before = self.node_running.resident_bytes()
            deaf = [Deaf(self.port, get("/events")) for _ in range(DEAF)]
            published, end = 0, time.monotonic() + 60
            while self.figure("http_slow_closes_total") < DEAF and time.monotonic() < end:
                self.assertEqual(self.ask(post("/say?times=10", b"e" * 8000)), "said\n")
                published += 10
            self.check_cut_off("events", deaf, TOPIC_BYTES)
            self.assertEqual(self.node_running.stop(), 0)
            thread.join(support.STOP_SECONDS)
        print(f"{published} events of 8,000 bytes")
        self.assertEqual(sum(heard), published, "who reads has every event")
        told = sum(text.count("ended(some({code: full") for _, _, inputs in self.chain_texts()
                   for text in inputs)
        self.assertEqual(told, DEAF)
        self.assert_chain_holds()


if __name__ == "__main__":
    support.main()
