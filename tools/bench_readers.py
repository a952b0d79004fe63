"""Readers that never read: what they do to the latency of others; tools/bench.py prints the rows.

The durable counter answers ten connections while, on the same shard, somebody does not read: a
socket whose answers pile up, `theater chain --follow` into a full pipe, forty scrapers of metrics.
Each p99 is compared with that without the reader, measured right before it.
"""

import contextlib
import socket
import subprocess
import time

import bench

CONNECTIONS = 10
BYTES = 16
SCRAPERS = 40
SMALL_BUFFER = 4096
UPGRADE = ("GET /count HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
MESSAGE = b"\x82\x90\0\0\0\0" + bytes(BYTES)  # a masked binary frame


def deaf_socket(port):
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
    client.connect(("127.0.0.1", port))
    client.sendall(UPGRADE.encode())
    return client


@contextlib.contextmanager
def socket_reader(port, **_):
    with deaf_socket(port) as client:
        client.settimeout(0.5)
        with contextlib.suppress(TimeoutError):
            for _ in range(2000):
                client.sendall(MESSAGE * 1000)
        yield


@contextlib.contextmanager
def follower(data, **_):
    command = [bench.BUILD / "bin" / "theater", "chain", data, "--follow", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        time.sleep(0.5)  # the pipe is full by then
        yield
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@contextlib.contextmanager
def scrapers(metrics, **_):
    with contextlib.ExitStack() as stack:
        for number in range(SCRAPERS):
            scraper = stack.enter_context(socket.create_connection(("127.0.0.1", metrics)))
            scraper.sendall(b"GET /metrics HTTP/1.1\r\nHo" + b"st: x\r\n\r\n" * (number % 2))
        yield


READERS = {"a socket": socket_reader, "`chain --follow`": follower,
           f"{SCRAPERS} scrapers of metrics": scrapers}


def rows(folder, options):
    port, metrics, data = bench.free_port(), bench.free_port(), folder / "readers"
    command = [*bench.node_command(["bench/durable_counter/durable_counter.toml"], data, port,
                                   options), "--metrics", str(metrics)]

    def p99():
        return bench.load(port, "/count", CONNECTIONS, BYTES, options.seconds,
                          "--any-payload")["p99_us"]

    made = []
    with bench.Server(command):
        for name, reader in READERS.items():
            without = p99()
            with reader(port=port, metrics=metrics, data=data):
                beside = p99()
            made.append((f"p99 beside {name} that does not read", "<= 2 x without",
                         f"{beside / without:.2f} x {without:,.0f} us", ""))
    return made
