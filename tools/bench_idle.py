"""WebSockets of an actor that is evicted: what one costs, how soon a message wakes the actor.

The durable counter is evicted after some milliseconds without a message. One of 5,000 sockets at a
time sends a message and waits for the count, which has to be on the disk first; that is measured
again with an actor that stays. tools/bench.py prints the rows.
"""

import contextlib
import os
import re
import resource
import socket
import statistics
import time
import urllib.request
from pathlib import Path

CONNECTIONS = 5000
DESCRIPTORS = CONNECTIONS + 500  # here and in the node
WAKES = 300
EVICTED_AFTER = "20ms"
REST_SECONDS = 0.06  # and it is evicted, on a machine that is not overrun
WAIT_SECONDS = 30
UPGRADE = ("GET /count HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
MESSAGE = b"\x82\x90\0\0\0\0" + bytes(16)  # a masked binary frame


def resident_bytes(process):
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def instances(metrics):
    """How many instances the actor holds: 1 or 0."""
    with urllib.request.urlopen(f"http://127.0.0.1:{metrics}/metrics", timeout=5) as answer:
        page = answer.read().decode()
    return int(re.search(r"(?m)^theater_actor_instance_live\{.*\} (\d)$", page)[1])


def wait_for_eviction(metrics):
    end = time.monotonic() + WAIT_SECONDS
    while instances(metrics) != 0:
        if time.monotonic() > end:
            raise SystemExit("bench: the actor was not evicted")
        time.sleep(REST_SECONDS)


def connect(port):
    client = socket.create_connection(("127.0.0.1", port))
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.sendall(UPGRADE.encode())
    if b" 101 " not in client.recv(4096):
        raise SystemExit("bench: a WebSocket was refused")
    return client


def wake_times(clients, metrics=None):
    """Microseconds to each answer. With `metrics`: only those before which it was evicted."""
    times = []
    for client in clients:
        time.sleep(REST_SECONDS)
        is_evicted = metrics is None or instances(metrics) == 0
        begun = time.perf_counter()
        client.sendall(MESSAGE)
        client.recv(4096)
        if is_evicted:
            times.append((time.perf_counter() - begun) * 1e6)
    return times


@contextlib.contextmanager
def counter(bench, folder, idle, options):
    """A node with the durable counter; its process, port and metrics."""
    text = (bench.ROOT / "bench" / "durable_counter" / "durable_counter.toml").read_text()
    text = text.replace("../../build/actors", str(bench.ROOT / "build" / "actors"))
    manifest = folder / f"counter-{idle}.toml"
    manifest.write_text(text + f'idle = "{idle}"\n')
    port, metrics = bench.free_port(), bench.free_port()
    command = bench.node_command([manifest], folder / f"data-{idle}", port, options)
    with bench.Server([*command, "--metrics", str(metrics)]) as server:
        yield server.process.pid, port, metrics


def rows(bench, folder, options):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, max(hard, DESCRIPTORS)))
    with contextlib.ExitStack() as stack:
        process, port, metrics = stack.enter_context(counter(bench, folder, EVICTED_AFTER, options))
        wait_for_eviction(metrics)
        before = resident_bytes(process)
        clients = [stack.enter_context(connect(port)) for _ in range(CONNECTIONS)]
        wait_for_eviction(metrics)
        each = (resident_bytes(process) - before) / CONNECTIONS
        woken = wake_times(clients[::CONNECTIONS // WAKES], metrics)
    with counter(bench, folder, "1h", options) as (_, port, _), connect(port) as client:
        awake = wake_times([client] * WAKES)
    sync = bench.raw_sync(folder)
    return [(f"memory of an idle WebSocket, of {CONNECTIONS:,} of an evicted actor", "<= 8 KiB",
             f"{each / 1024:.1f} KiB", ""),
            ("message to an evicted actor, to its durable answer, p50", "<= 1,000 us",
             f"{statistics.median(woken):,.0f} us ({len(woken)} times; awake "
             f"{statistics.median(awake):,.0f} us; fdatasync {sync['p50_us']:,.0f} us)", "")]
