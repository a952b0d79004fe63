"""A TCP proxy that harms what passes, as a seed says: delay, cut, half-close, reset, dribble.

    with FaultProxy(target_port, seed=7) as proxy: connect to proxy.port
"""

import contextlib
import random
import socket
import struct
import threading
import time

FAULTS = ("none", "delay", "cut", "half-close", "reset", "dribble")
DELAY_SECONDS = 0.3
DRIBBLE_BYTES = 200  # of an answer, one at a time; the rest as it comes
CUT_BYTES = 120  # of an answer pass before it is cut
CHUNK = 4096


class FaultProxy:
    """Each connection has one fault, drawn when it is accepted, or the one that is set."""

    def __init__(self, target_port, seed, fault=None):
        self.target_port, self.fault = target_port, fault
        self.random = random.Random(seed)
        self.counts = dict.fromkeys(FAULTS, 0)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            fault = self.fault or self.random.choice(FAULTS)
            self.counts[fault] += 1
            threading.Thread(target=self._serve, args=(client, fault), daemon=True).start()

    def _serve(self, client, fault):
        try:
            with client, socket.create_connection(("127.0.0.1", self.target_port)) as server:
                copier = threading.Thread(target=self._copy, args=(client, server), daemon=True)
                copier.start()
                try:
                    self._harm(server, client, fault)
                finally:
                    self._wake(client, server, copier)
        except OSError:
            pass  # either end has gone: that is what this is for

    @staticmethod
    def _wake(client, server, copier):
        """A socket that another thread reads is not closed before that thread lets go of it."""
        for end, how in ((client, socket.SHUT_RD), (server, socket.SHUT_RDWR)):
            with contextlib.suppress(OSError):
                end.shutdown(how)
        copier.join(DELAY_SECONDS)

    def _copy(self, source, sink):
        try:
            while chunk := source.recv(CHUNK):
                sink.sendall(chunk)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def _harm(self, server, client, fault):
        if fault == "delay":
            time.sleep(DELAY_SECONDS)
        passed = 0
        while chunk := server.recv(CHUNK):
            if fault in ("cut", "half-close", "reset") and passed + len(chunk) >= CUT_BYTES:
                client.sendall(chunk[:max(0, CUT_BYTES - passed)])
                return self._end(client, fault)
            if fault == "dribble":
                for byte in chunk[:max(0, DRIBBLE_BYTES - passed)]:
                    client.sendall(bytes([byte]))
                    time.sleep(0.001)
                client.sendall(chunk[max(0, DRIBBLE_BYTES - passed):])
            else:
                client.sendall(chunk)
            passed += len(chunk)

    def _end(self, client, fault):
        if fault == "half-close":
            client.shutdown(socket.SHUT_WR)
            time.sleep(DELAY_SECONDS)
        if fault == "reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
