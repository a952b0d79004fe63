"""A small WebSocket client (RFC 6455) for the outside tests: blocking, quick, able to misbehave.

It checks what a client must check (the handshake, no masked frames from a server, no reserved
bits) and leaves everything else to the test.
"""

import base64
import hashlib
import os
import socket
import struct
import time
import urllib.parse

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
HEAD_BYTES_MAX = 64 * 1024
READ_BYTES = 256 * 1024


class Closed(Exception):
    """The connection has ended: with the code of a close frame, or 1006 without one."""

    def __init__(self, code, reason=""):
        super().__init__(f"closed with {code} {reason}".rstrip())
        self.code = code
        self.reason = reason


class Refused(Exception):
    """The server answered the request to upgrade with another status than 101."""

    def __init__(self, status, head):
        super().__init__(f"answered with {status}")
        self.status = status
        self.head = head


def frame(opcode, payload, fin=0x80, masked=True):
    """One frame of a client. The masking key is zero: allowed, and the payload stays readable."""
    length = len(payload)
    mask = 0x80 if masked else 0
    if length < 126:
        head = struct.pack("!BB", fin | opcode, mask | length)
    elif length < 65536:
        head = struct.pack("!BBH", fin | opcode, mask | 126, length)
    else:
        head = struct.pack("!BBQ", fin | opcode, mask | 127, length)
    return head + (b"\0\0\0\0" if masked else b"") + payload


class Wire:
    """One connection. Use as a context: leaving it closes the socket."""

    def __init__(self, address, headers=(), receive_buffer=None, timeout=10):
        parts = urllib.parse.urlsplit(address)
        self.socket = socket.socket()
        self.socket.settimeout(timeout)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()
        self.head = ""
        try:
            self.socket.connect((parts.hostname, parts.port))
            self._handshake(parts, headers)
        except BaseException:
            self.socket.close()
            raise

    def _handshake(self, parts, headers):
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {parts.path or '/'} HTTP/1.1", f"Host: {parts.netloc}", "Upgrade: websocket",
                 "Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13",
                 *(f"{name}: {value}" for name, value in headers), "", ""]
        self.socket.sendall("\r\n".join(lines).encode())
        while b"\r\n\r\n" not in self.buffer:
            if len(self.buffer) > HEAD_BYTES_MAX:
                raise AssertionError("the head of the answer is too long")
            self._read()
        head, _, rest = bytes(self.buffer).partition(b"\r\n\r\n")
        self.buffer = bytearray(rest)
        self.head = head.decode("latin-1")
        status = int(self.head.split(" ", 2)[1])
        if status != 101:
            raise Refused(status, self.head)
        wanted = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
        if f"sec-websocket-accept: {wanted}".lower() not in self.head.lower():
            raise AssertionError("wrong Sec-WebSocket-Accept:\n" + self.head)

    def _read(self):
        part = self.socket.recv(READ_BYTES)
        if not part:
            raise Closed(1006)
        self.buffer += part

    def _need(self, count):
        while len(self.buffer) < count:
            self._read()

    def read_frame(self):
        """The next frame as (opcode, fin, payload)."""
        self._need(2)
        first, second = self.buffer[0], self.buffer[1]
        if first & 0x70 or second & 0x80:
            raise AssertionError(f"reserved bits or a mask in a server's frame: {first} {second}")
        length, start = second & 0x7F, 2
        if length == 126:
            self._need(4)
            (length,), start = struct.unpack_from("!H", self.buffer, 2), 4
        elif length == 127:
            self._need(10)
            (length,), start = struct.unpack_from("!Q", self.buffer, 2), 10
        self._need(start + length)
        payload = bytes(self.buffer[start:start + length])
        del self.buffer[:start + length]
        return first & 0x0F, bool(first & 0x80), payload

    def recv(self, timeout=10):
        """The next message, str or bytes. Answers pings. Raises Closed at the end."""
        self.socket.settimeout(timeout)
        parts, kind = [], None
        while True:
            opcode, fin, payload = self.read_frame()
            if opcode == PING:
                self.socket.sendall(frame(PONG, payload))
            elif opcode == CLOSE:
                self._answer_close(payload)
            elif opcode in (TEXT, BINARY, CONTINUATION):
                kind = opcode if opcode else kind
                parts.append(payload)
                if fin:
                    whole = b"".join(parts)
                    return whole.decode() if kind == TEXT else whole

    def _answer_close(self, payload):
        try:
            self.socket.sendall(frame(CLOSE, payload))
        except OSError:
            pass
        if len(payload) < 2:
            raise Closed(1005)
        raise Closed(struct.unpack_from("!H", payload)[0], payload[2:].decode())

    def send(self, message):
        """Sends str as text and bytes as binary."""
        if isinstance(message, str):
            self.socket.sendall(frame(TEXT, message.encode()))
        else:
            self.socket.sendall(frame(BINARY, bytes(message)))

    def send_all(self, messages):
        """Sends many text messages in one write."""
        self.socket.sendall(b"".join(frame(TEXT, message.encode()) for message in messages))

    def close(self, code=1000):
        """The closing handshake; returns the code that the server answered."""
        self.socket.sendall(frame(CLOSE, struct.pack("!H", code)))
        return self.wait_closed()

    def wait_closed(self, seconds=10):
        """Reads and forgets what comes until the connection ends; returns the code."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                self.recv(timeout=max(0.01, end - time.monotonic()))
            except Closed as closed:
                return closed.code
            except ConnectionError:
                return 1006
        raise TimeoutError("the server did not close")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.socket.close()


def http_get(address, path, headers=()):
    """(status, head, body) of a plain GET."""
    with socket.create_connection(address, timeout=10) as client:
        lines = [f"GET {path} HTTP/1.1", f"Host: {address[0]}:{address[1]}", "Connection: close",
                 *(f"{name}: {value}" for name, value in headers), "", ""]
        client.sendall("\r\n".join(lines).encode())
        answer = bytearray()
        while part := client.recv(READ_BYTES):
            answer += part
    head, _, body = bytes(answer).partition(b"\r\n\r\n")
    head = head.decode("latin-1")
    return int(head.split(" ", 2)[1]), head, body
