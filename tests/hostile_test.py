"""Clients that break the protocol, or only begin it, harm nobody but themselves."""

import os
import random
import re
import socket
import struct
import time

import support
from wire import BINARY, CLOSE, PING, TEXT, Closed, Refused, frame, http_get

UPGRADE_SECONDS = 10  # how long a client may take over its request
MESSAGE_MAX = 32 * 1024  # of the chat actor
SEED = int(os.environ.get("HOSTILE_SEED", time.time_ns() % 1_000_000))

CENSUS_SECONDS = 12  # the longest a closed connection may linger, and more
HELD = ("websocket_connections", "websocket_held", "queue_depth", "queue_bytes", "gate_pending",
        "actor_redeliveries_waiting")
KEY = b"\0\0\0\0"  # masks nothing

# What a client sends once it is connected, and the code it is closed with.
BREACHES = {
    "a frame without a mask": (frame(TEXT, b"hello", masked=False), 1002),
    "a reserved bit": (frame(TEXT | 0x40, b"hello"), 1002),
    "a reserved opcode": (frame(3, b"hello"), 1002),
    "a continuation of nothing": (frame(0, b"hello"), 1002),
    "a new message inside another": (frame(TEXT, b"a", fin=0) + frame(TEXT, b"b"), 1002),
    "a fragmented ping": (frame(PING, b"", fin=0), 1002),
    "a long ping": (frame(PING, b"x" * 126), 1002),
    "a close code nobody may send": (frame(CLOSE, struct.pack("!H", 1005)), 1002),
    "a close of one byte": (frame(CLOSE, b"x"), 1002),
    "bad UTF-8": (frame(TEXT, b"\xff\xfe"), 1007),
    "UTF-8 cut short": (frame(TEXT, b"\xc3"), 1007),
    "a surrogate": (frame(TEXT, b"\xed\xa0\x80"), 1007),
    "bad UTF-8 in the first fragment": (frame(TEXT, b"\xff", fin=0), 1007),
    "a message that is too large": (frame(TEXT, b"x" * (MESSAGE_MAX + 1)), 1009),
    "fragments that are too large": (
        frame(TEXT, b"x" * MESSAGE_MAX, fin=0) + frame(0, b"x"), 1009),
    "a length of 2^62": (struct.pack("!BBQ", 0x80 | BINARY, 0x80 | 127, 1 << 62) + KEY, 1009),
    "a length of 2^63": (struct.pack("!BBQ", 0x80 | BINARY, 0x80 | 127, 1 << 63) + KEY, 1009),
}

UPGRADE = b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
REQUESTS = {
    "no upgrade": b"GET /ws HTTP/1.1\r\nHost: x\r\n\r\n",
    "no key": UPGRADE + b"Sec-WebSocket-Version: 13\r\n\r\n",
    "an old version": UPGRADE + b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                                b"Sec-WebSocket-Version: 8\r\n\r\n",
    "another method": b"POST /ws HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "an endless line": b"GET /" + b"x" * 200_000 + b" HTTP/1.1\r\n\r\n",
    "endless headers": b"GET /ws HTTP/1.1\r\nHost: x\r\n" + b"X-Header: y\r\n" * 20_000 + b"\r\n",
}


class HostileTest(support.ActorTest):

    def setUp(self):
        super().setUp()
        self.metrics = support.free_port()
        self.running = self.enterContext(self.node("chat", options=("--metrics", self.metrics)))
        self.addCleanup(self.show_end)
        self.friend = self.enterContext(self.connect("/ws"))
        self.said = 0
        self.strangers = []
        self.friend_is_served()
        self.quiet = self.census()

    def show_end(self):
        """A node that ended by itself tells why."""
        if self.running.process.poll() not in (None, 0):
            print(f"the node ended with {self.running.wait()}:\n{self.running.text()}")

    def finish(self):
        """Everybody else is served as before; nothing is held for those who are gone (END-1); the
        node ends well; its chain holds."""
        self.friend_is_served()
        for stranger in self.strangers:
            stranger.close()
        end = time.monotonic() + CENSUS_SECONDS
        while self.census() != self.quiet and time.monotonic() < end:
            time.sleep(0.1)
        self.assertEqual(self.census(), self.quiet)
        self.friend.socket.close()
        self.assertEqual(self.running.stop(), 0)
        self.assert_chain_holds()

    def friend_is_served(self):
        self.said += 1
        self.friend.send(f"still here {self.said}")
        while f"still here {self.said}" not in self.friend.recv():
            pass  # a message that a hostile client got through

    def raw(self):
        client = socket.create_connection(("127.0.0.1", self.port), timeout=UPGRADE_SECONDS + 10)
        self.addCleanup(client.close)
        self.strangers.append(client)
        return client

    def census(self):
        """What the node holds: sockets and files, connections, what waits in queues and gate."""
        _, _, page = http_get(("127.0.0.1", self.metrics), "/metrics")
        held = {"descriptors": self.running.descriptors()}
        for name in HELD:
            held[name] = re.findall(rf"(?m)^theater_{name}(?:{{.*}})? (\S+)$", page.decode())
        return held

    def test_each_breach_has_its_close_code(self):
        for name, (sent, code) in BREACHES.items():
            with self.subTest(breach=name), self.connect("/ws") as client:
                client.socket.sendall(sent)
                self.assertEqual(client.wait_closed(), code)
                self.friend_is_served()
        self.finish()

    def test_bad_requests_are_refused(self):
        for name, sent in REQUESTS.items():
            with self.subTest(request=name):
                answer = self.answer_to(sent)
                if answer:
                    self.assertRegex(answer, rb"^HTTP/1\.[01] 4\d\d ")
                self.friend_is_served()
        self.finish()

    def answer_to(self, sent):
        """What comes back until the server closes; b"" if it just does."""
        client, answer = self.raw(), b""
        try:
            client.sendall(sent)
            while part := client.recv(65536):
                answer += part
                if b"\r\n\r\n" in answer:
                    break
        except ConnectionError:
            pass
        return answer

    def test_an_unfinished_request_is_closed_in_time(self):
        client = self.raw()
        client.sendall(b"GET /ws HTTP/1.1\r\nHost: x\r\n")
        started = time.monotonic()
        try:
            while client.recv(65536):
                pass
        except ConnectionError:
            pass
        self.assertLess(time.monotonic() - started, UPGRADE_SECONDS + 5)
        self.finish()

    def test_who_hangs_up_at_once_leaves_nothing(self):
        for _ in range(300):
            client = self.raw()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        for _ in range(100):
            with self.connect("/ws") as client:
                client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                         struct.pack("ii", 1, 0))
                client.send("gone")
        self.finish()

    def test_random_bytes(self):
        print(f"seed {SEED}: repeat with HOSTILE_SEED={SEED}")
        chance = random.Random(SEED)
        for _ in range(200):
            client = self.raw()
            client.sendall(chance.randbytes(chance.randrange(1, 2000)))
            client.close()
            try:
                with self.connect("/ws") as connected:
                    connected.socket.sendall(chance.randbytes(chance.randrange(1, 2000)))
            except (Closed, Refused, ConnectionError):
                pass
        self.finish()


if __name__ == "__main__":
    support.main()
