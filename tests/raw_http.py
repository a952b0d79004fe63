"""HTTP over a plain socket: bytes out, answers in, nothing hidden."""

import re
import socket
from typing import NamedTuple


class Answer(NamedTuple):
    status: int
    head: str
    body: bytes

    def field(self, name):
        found = re.search(rf"^{name}:[ \t]*(.*?)\r?$", self.head, re.IGNORECASE | re.MULTILINE)
        return found.group(1) if found else None


class Ended(Exception):
    """The server ended the connection."""


class RawClient:
    """One connection. Use as a context."""

    def __init__(self, port, seconds=10, tls=None):
        """`tls`: an ssl.SSLContext to speak through."""
        self.socket = socket.create_connection(("127.0.0.1", port), seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname="127.0.0.1")
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.socket.close()

    def send(self, data):
        """Whole, as far as the server reads; a server that refuses may stop doing so."""
        try:
            self.socket.sendall(data)
        except OSError:
            pass

    def end(self):
        """Sends nothing more."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def _more(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionError as error:
            raise Ended from error
        if not data:
            raise Ended
        self.buffer += data

    def read_to(self, end):
        while end not in self.buffer:
            self._more()
        taken, self.buffer = self.buffer.split(end, 1)
        return taken + end

    def _read_count(self, count):
        while len(self.buffer) < count:
            self._more()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def read_chunk(self):
        """One chunk's data; empty: the last one."""
        size = int(self.read_to(b"\r\n"), 16)
        return self._read_count(size + 2)[:-2]

    def read_head(self):
        text = self.read_to(b"\r\n\r\n").decode("latin-1")
        return Answer(int(text.split(" ", 2)[1]), text, b"")

    def read(self, bare=False):
        """The next final answer, whole."""
        answer = self.read_head()
        while answer.status < 200:
            answer = self.read_head()
        if bare or answer.status in (204, 304):
            return answer
        if answer.field("transfer-encoding"):
            pieces = []
            while piece := self.read_chunk():
                pieces.append(piece)
            return answer._replace(body=b"".join(pieces))
        length = answer.field("content-length")
        if length is not None:
            return answer._replace(body=self._read_count(int(length)))
        return answer._replace(body=self.read_rest())

    def read_rest(self):
        """What comes until the server ends."""
        try:
            while True:
                self._more()
        except Ended:
            rest, self.buffer = self.buffer, b""
            return rest

    def is_silent(self, seconds=0.2):
        """Whether nothing comes for a while."""
        self.socket.settimeout(seconds)
        try:
            return not self.buffer and not self.socket.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(10)


def get(path, fields="", method="GET"):
    return f"{method} {path} HTTP/1.1\r\nHost: t\r\n{fields}\r\n".encode()


def post(path, body, fields=""):
    head = f"POST {path} HTTP/1.1\r\nHost: t\r\nContent-Length: {len(body)}\r\n{fields}\r\n"
    return head.encode() + body
