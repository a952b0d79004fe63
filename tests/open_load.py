"""HTTP requests at a rate that does not depend on the answers, each with a number of its own."""

import collections
import select
import socket
import time

GRACE_SECONDS = 15  # for the last answers
RECEIVE_BYTES = 16384


class Connection:
    """One request at a time."""

    def __init__(self, port):
        self.port, self.socket, self.number = port, None, None
        self.sent_at, self.buffer = 0.0, b""

    def open(self):
        self.socket = socket.create_connection(("127.0.0.1", self.port), 10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def send(self, path, number):
        self.number, self.sent_at = number, time.monotonic()
        self.socket.sendall(f"GET {path}&id={number} HTTP/1.1\r\nHost: t\r\n\r\n".encode())

    def take(self):
        """(status, head) of a whole answer; None: more is to come; status 0: none will."""
        try:
            data = self.socket.recv(RECEIVE_BYTES)
        except ConnectionError:
            data = b""
        self.buffer += data
        head, separator, body = self.buffer.partition(b"\r\n\r\n")
        if not separator:
            return None if data else (0, b"")
        head = head.lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15:].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(body) < length:
            return None if data else (0, b"")
        self.buffer = b""
        return int(head.split(b" ", 2)[1]), head


class Load:
    """What became of each request: `statuses[number]` is the status, 0 if the connection ended
    without one; `times` are of those answered 200, in seconds; `left` found no free connection."""

    def __init__(self, port, path, connections, first=0):
        self.path = path
        self.next_number = first
        self.statuses, self.times = {}, []
        self.left = 0
        self.heads = collections.Counter()  # of refusals: status and Retry-After
        self.poll = select.epoll()
        self.connections = {}
        self.idle = collections.deque()
        for _ in range(connections):
            connection = Connection(port)
            self._open(connection)

    def _open(self, connection):
        connection.open()
        self.connections[connection.socket.fileno()] = connection
        self.poll.register(connection.socket, select.EPOLLIN)
        self.idle.append(connection)

    def _close(self, connection):
        self.poll.unregister(connection.socket)
        del self.connections[connection.socket.fileno()]
        connection.socket.close()

    def close(self):
        for connection in list(self.connections.values()):
            self._close(connection)
        self.poll.close()

    def run(self, rate, seconds):
        """`rate` a second; None: each connection asks again as soon as it is answered."""
        begun, offered = time.monotonic(), 0
        while (passed := time.monotonic() - begun) < seconds:
            due = int(passed * rate) - offered if rate else len(self.idle)
            for _ in range(due):
                offered += 1
                self._ask()
            self._take(0.002)
        taken = [status for status in self.statuses.values() if status == 200]
        end = time.monotonic() + GRACE_SECONDS
        while len(self.idle) < len(self.connections) and time.monotonic() < end:
            self._take(0.05)
        return len(taken) / passed

    def _ask(self):
        if not self.idle:
            self.left += 1
            return
        connection = self.idle.popleft()
        number = self.next_number
        self.next_number += 1
        self.statuses[number] = None
        try:
            connection.send(self.path, number)
        except ConnectionError:
            self._over(connection, 0, b"")

    def _take(self, wait):
        for descriptor, _ in self.poll.poll(wait):
            connection = self.connections.get(descriptor)
            if connection is None:
                continue
            answer = connection.take()
            if answer is None:
                continue
            if connection.number is None:  # a kept connection that the server closed
                self.idle.remove(connection)
                self._close(connection)
                self._open(connection)
                continue
            self._over(connection, *answer)

    def _over(self, connection, status, head):
        self.statuses[connection.number] = status
        if status == 200:
            self.times.append(time.monotonic() - connection.sent_at)
        elif status:
            self.heads[(status, b"retry-after: " in head)] += 1
        connection.number = None
        if status == 0 or b"connection: close" in head:
            self._close(connection)
            self._open(connection)
        else:
            self.idle.append(connection)

    def counts(self):
        return collections.Counter(self.statuses.values())

    def quantile(self, share):
        times = sorted(self.times)
        return times[int(share * (len(times) - 1))] if times else 0.0
