"""A reader that never reads slows no actor: of --metrics, of `theater chain --follow`, of a socket.

Latency of others is compared with that beside a reader that reads; memory stays bounded.
"""

import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import support
from support import THEATER, free_port, theater_json
from wire import Closed, Wire, frame, BINARY

SECONDS = 2.0  # each latency is measured so long
SLOWER_MAX = 2.0
NOISE_SECONDS = 0.2  # of p99 while other tests run; the bar itself is held by tools/bench.py
NODE_BYTES_MAX = 96 << 20  # what a node may grow by under load
SCRAPERS = 40
SCRAPE_SECONDS = 10  # kScrapeTime
SMALL_BUFFER = 4096
FOLLOW_SECONDS = 60


def p99(client):
    """Round trips of small messages for a while, one after another."""
    times, end = [], time.monotonic() + SECONDS
    while time.monotonic() < end:
        begun = time.monotonic()
        client.send("ping")
        client.recv()
        times.append(time.monotonic() - begun)
    times.sort()
    return times[len(times) * 99 // 100]


class Flood:
    """Sends to the chat for as long as the context lasts, reading what it gets itself."""

    def __init__(self, address):
        self.client = Wire(address)
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        text = "x" * 4000
        while not self.is_over.is_set():
            self.client.send(text)
            self.client.recv()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.is_over.set()
        self.thread.join(support.STOP_SECONDS)
        self.client.socket.close()


class Reader:
    """A client of the chat that reads everything, for as long as the context lasts."""

    def __init__(self, address):
        self.client = Wire(address)
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        try:
            while True:
                self.client.recv()
        except (OSError, Closed):
            return

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.client.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join(support.STOP_SECONDS)
        self.client.socket.close()


class SlowReaderTest(support.ActorTest):

    def setUp(self):
        super().setUp()
        self.metrics = free_port()

    def one_shard(self):
        """Echo and chat share a thread: whatever holds one would hold the other."""
        return self.node("echo", "chat", options=("--shards", 1, "--metrics", self.metrics))

    def assert_not_slowed(self, what, without, beside):
        print(f"{what}: p99 of others {1000 * beside:.2f} ms, without it {1000 * without:.2f} ms")
        self.assertLess(beside, SLOWER_MAX * without + NOISE_SECONDS)

    def test_of_a_socket(self):
        with self.one_shard() as node, self.connect("/echo") as echo:
            chat = self.address("/ws")
            before = node.resident_bytes()
            with Flood(chat), Reader(chat):
                without = p99(echo)
            with Flood(chat), Wire(chat, receive_buffer=SMALL_BUFFER):
                beside = p99(echo)
            self.assert_not_slowed("a socket that is not read", without, beside)
            self.assertLess(node.resident_bytes() - before, NODE_BYTES_MAX)
            self.assertEqual(node.stop(), 0)
        self.assert_chain_holds()

    def test_of_its_own_answers(self):
        with self.one_shard() as node, self.connect("/echo") as echo:
            without = p99(echo)
            before = node.resident_bytes()
            with self.connect("/echo", receive_buffer=SMALL_BUFFER) as deaf:
                deaf.socket.settimeout(0.2)
                message, sent = frame(BINARY, bytes(1 << 20)), 0
                try:
                    while sent < 256:
                        deaf.socket.sendall(message)
                        sent += 1
                except TimeoutError:
                    pass  # it is not read either: back-pressure
                beside = p99(echo)
                grown = node.resident_bytes() - before
                print(f"{sent} MiB sent, none read: the node grew by {grown >> 20} MiB")
                self.assertLess(grown, 2 * NODE_BYTES_MAX)
            self.assert_not_slowed("a client deaf to its own answers", without, beside)
            self.assertEqual(node.stop(), 0)
        self.assert_chain_holds()

    def test_of_metrics(self):
        with self.one_shard() as node, self.connect("/echo") as echo:
            without = p99(echo)
            lazy = []
            for number in range(SCRAPERS):
                scraper = socket.socket()
                scraper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
                scraper.connect(("127.0.0.1", self.metrics))
                half = b"GET /metrics HTTP/1.1\r\nHo"
                scraper.sendall((half + b"st: x\r\n\r\n", half, b"")[number % 3])
                lazy.append(scraper)
            begun = time.monotonic()
            beside = p99(echo)
            self.assert_not_slowed(f"{SCRAPERS} scrapers that do not read, or do not ask", without,
                                   beside)
            last = lazy[1]  # half a request
            last.settimeout(3 * SCRAPE_SECONDS)
            self.assertEqual(last.recv(1), b"", "closed without an answer")
            self.assertLess(time.monotonic() - begun, SCRAPE_SECONDS + 5)
            for scraper in lazy:
                scraper.close()
            with socket.create_connection(("127.0.0.1", self.metrics), timeout=20) as client:
                client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
                self.assertTrue(client.recv(100).startswith(b"HTTP/1.1 200 OK"))
            self.assertEqual(node.stop(), 0)

    def test_of_chain_follow(self):
        with self.one_shard() as node, self.connect("/echo") as echo:
            without = p99(echo)
            follow = subprocess.Popen([THEATER, "chain", self.data, "--actor", "echo", "--follow",
                                       "--json"], stdout=subprocess.PIPE, text=True)
            guard = threading.Timer(FOLLOW_SECONDS, follow.kill)
            guard.start()
            try:
                self.assertIn('"genesis"', follow.stdout.readline())
                self.assertEqual(os.getpriority(os.PRIO_PROCESS, follow.pid), 19,
                                 "whom it follows goes first")
                before = node.resident_bytes()
                beside = p99(echo)
                self.assert_not_slowed("a follower that is not read", without, beside)
                for _ in range(2000):
                    echo.send("y" * 1000)
                    echo.recv()
                self.assertLess(node.resident_bytes() - before, NODE_BYTES_MAX)
                held = int(Path(f"/proc/{follow.pid}/statm").read_text().split()[1]) * 4096
                self.assertLess(held, NODE_BYTES_MAX, "the follower's own memory")
                self.assertEqual(node.stop(), 0)
                events = theater_json("actors", self.data)
                last = next(actor["events"] for actor in events if actor["name"] == "echo") - 1
                for line in follow.stdout:  # nothing was left out
                    if f'"seq":{last}' in line.replace(" ", ""):
                        break
                else:
                    self.fail("the follower ended early")
            finally:
                guard.cancel()
                follow.send_signal(signal.SIGKILL)
                follow.wait()
                follow.stdout.close()
        self.assert_chain_holds()


if __name__ == "__main__":
    support.main()
