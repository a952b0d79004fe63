"""What one actor in an endless loop costs its neighbours on the same shard; part of tools/bench.py.

The loop's calls are ended by its deadline and stand in its chain as traps.
"""

import json
import socket
import subprocess

DEADLINE_SECONDS = 1  # as in bench/endless_loop/endless_loop.toml
CONNECTIONS, BYTES = 10, 1024
RATIO_MAX = 3


def open_websocket(port, path):
    client = socket.create_connection(("127.0.0.1", port))
    client.sendall((f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
                    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                    "Sec-WebSocket-Version: 13\r\n\r\n").encode())
    if b" 101 " not in client.recv(4096):
        raise SystemExit("bench: a WebSocket was refused")
    return client


def send_messages(client, count):
    frame = bytes([0x81, 0x80 | 4, 0, 0, 0, 0]) + b"loop"
    client.sendall(frame * count)


def deadline_traps(theater, data):
    """How many calls of the loop its chain says were ended by their deadline."""
    run = subprocess.run([theater, "chain", data, "--actor", "endless-loop", "--json"],
                         check=True, capture_output=True, text=True)
    events = [json.loads(line) for line in run.stdout.splitlines()]
    return sum(event["kind"] == "trap" and event["what"] == "trap, deadline" for event in events)


def loop_rows(load, port, theater, data, seconds, stop):
    """`load(port, path, connections, bytes, seconds)` measures; `stop()` ends the node."""
    quiet = load(port, "/echo", CONNECTIONS, BYTES, seconds)
    client = open_websocket(port, "/loop")
    send_messages(client, 1 + seconds + 2)  # a failed batch comes again, one by one
    beside = load(port, "/echo", CONNECTIONS, BYTES, seconds)
    client.close()
    stop()
    traps = deadline_traps(theater, data)
    return [("p99 of an echo actor beside an endless loop on its shard, of that without",
             f"<= {RATIO_MAX} x {quiet['p99_us']:,.0f} us",
             f"{beside['p99_us'] / quiet['p99_us']:.1f} x ({beside['p99_us']:,.0f} us)", ""),
            (f"the loop's calls ended by their deadline of {DEADLINE_SECONDS} s and recorded as "
             f"traps, in {seconds + 1} s", f">= {seconds // DEADLINE_SECONDS}", f"{traps}", "")]
