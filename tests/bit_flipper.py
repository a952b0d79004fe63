"""A relay to a WebSocket server that changes one bit of one message on its way to the client."""

import socket
import threading

READ_BYTES = 64 * 1024


class BitFlipper:
    """Relays to 127.0.0.1:`target`; on each connection the payload of the `number`-th frame from
    the server has its lowest bit flipped. Frames have less than 126 bytes. Use as a context."""

    def __init__(self, target, number):
        self.target = target
        self.number = number
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.flipped = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return  # closed
            far = socket.create_connection(("127.0.0.1", self.target))
            for pump, source, sink in ((self._pass, near, far), (self._flip, far, near)):
                threading.Thread(target=pump, args=(source, sink), daemon=True).start()

    @staticmethod
    def _end(*sockets):
        for each in sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()

    def _pass(self, source, sink):
        try:
            while part := source.recv(READ_BYTES):
                sink.sendall(part)
        except OSError:
            pass
        self._end(source, sink)

    def _flip(self, source, sink):
        try:
            head, stream = b"", source.makefile("rb")
            while not head.endswith(b"\r\n\r\n"):
                head += stream.readline()
            sink.sendall(head)
            frames = 0
            while len(start := stream.read(2)) == 2 and start[1] < 126:
                payload = bytearray(stream.read(start[1]))
                frames += 1
                if frames == self.number:
                    payload[0] ^= 1
                    self.flipped += 1
                sink.sendall(start + payload)
        except OSError:
            pass
        self._end(source, sink)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._end(self.listener)
