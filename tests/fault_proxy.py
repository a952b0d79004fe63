"""A TCP proxy that harms what passes either way, as a seed says: delay, cut, half-close, reset,
dribble.

    with FaultProxy(target_port, seed=7) as proxy: connect to proxy.port
"""

import contextlib
import random
import socket
import struct
import threading
import time
from typing import NamedTuple

FAULTS = ("none", "delay", "cut", "half-close", "reset", "dribble")
WAYS = ("there", "back", "both")  # what a client sends, what it is answered
DELAY_SECONDS = 0.3
DRIBBLE_BYTES = 200  # one at a time; the rest as it comes
REACH_BYTES = 300  # a way is cut after so many bytes at the most
CHUNK = 4096
ENDING = ("cut", "half-close", "reset")


class Harm(NamedTuple):
    """What happens to one connection."""
    fault: str
    way: str
    after: int  # bytes pass before its end

    def of(self, way):
        return self.fault if self.way in (way, "both") else "none"


class FaultProxy:
    """Each connection has one fault, drawn when it is accepted, or the one that is set."""

    def __init__(self, target_port, seed, fault=None, reach=REACH_BYTES):
        self.target_port, self.fault, self.reach = target_port, fault, reach
        self.random = random.Random(seed)
        self.counts = dict.fromkeys(FAULTS, 0)
        self.ways = dict.fromkeys(WAYS, 0)  # that were harmed
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exception):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes who accepts
        self.listener.close()

    def _draw(self):
        harm = Harm(self.random.choice(FAULTS), self.random.choice(WAYS),
                    self.random.randint(1, self.reach))
        if self.fault:
            harm = harm._replace(fault=self.fault)
        self.counts[harm.fault] += 1
        self.ways[harm.way] += harm.fault != "none"
        return harm

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=_Passage(client, self._draw()).serve,
                             args=(self.target_port,), daemon=True).start()


class _Passage:
    """One connection through the proxy: two threads, one a way."""

    def __init__(self, client, harm):
        self.client, self.harm = client, harm
        self.server = None

    def serve(self, port):
        with self.client:
            try:
                self.server = socket.create_connection(("127.0.0.1", port))
            except OSError:
                return  # the target has gone: so does the client
            with self.server:
                self._serve()

    def _serve(self):
        for end in (self.client, self.server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        there = threading.Thread(target=self._carry, args=(self.client, self.server, "there"),
                                 daemon=True)
        there.start()
        self._carry(self.server, self.client, "back")
        there.join()

    def _carry(self, source, sink, way):
        """Until the source ends or the fault does it."""
        fault = self.harm.of(way)
        try:
            if self._pass(source, sink, fault):
                sink.shutdown(socket.SHUT_WR)
                return
        except OSError:
            pass  # either end has gone: that is what this is for
        if fault == "half-close":
            with contextlib.suppress(OSError):
                sink.shutdown(socket.SHUT_WR)
            time.sleep(DELAY_SECONDS)
        self._end(fault)

    def _pass(self, source, sink, fault):
        """Whether the source ended by itself."""
        if fault == "delay":
            time.sleep(DELAY_SECONDS)
        passed = 0
        while chunk := source.recv(CHUNK):
            if fault in ENDING and passed + len(chunk) >= self.harm.after:
                sink.sendall(chunk[:max(0, self.harm.after - passed)])
                return False
            slow = max(0, DRIBBLE_BYTES - passed) if fault == "dribble" else 0
            for byte in chunk[:slow]:
                sink.sendall(bytes([byte]))
                time.sleep(0.001)
            sink.sendall(chunk[slow:])
            passed += len(chunk)
        return True

    def _end(self, fault):
        """Lets the other way go too; the last who lets go of a socket closes it."""
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):
                if fault == "reset":
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    end.shutdown(socket.SHUT_RD)  # wakes its reader and sends nothing
                else:
                    end.shutdown(socket.SHUT_RDWR)
