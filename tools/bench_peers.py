#!/usr/bin/env python3
"""Measures the durable counter beside workerd's, a Durable Object; `make bench-peers` calls it.

The same load, 16-byte messages each answered by the count once it is stored, goes to both in turn,
so that a noisy machine disturbs both alike. Prints a table and writes it to docs/benchmarks/.
workerd (npm) is installed under build/tools/peers, and nothing else uses it.
"""

import argparse
import datetime
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import bench
from bench import BUILD, ROOT, Server, free_port, load, middle

WORKERD = "workerd@1.20261117.1"  # 160 MB
TOOLS = ROOT / "build" / "tools" / "peers"
PROGRAM = TOOLS / "node_modules" / ".bin" / "workerd"
CONFIG = ROOT / "bench" / "peers" / "workerd" / "counter.capnp"
PAGE = ROOT / "docs" / "benchmarks" / "durable_counter.md"
CONNECTIONS = (1, 100)
BYTES = 16
HEADER = ("| connections | server | messages/s | p50, ms | p99, ms |\n"
          "|---|---|---|---|---|")


def install():
    installed = TOOLS / "node_modules" / "workerd" / "package.json"
    wanted = WORKERD.partition("@")[2]
    if installed.exists() and json.loads(installed.read_text())["version"] == wanted:
        return
    print(f"bench-peers: npm package {WORKERD}, to compare with, into {TOOLS.relative_to(ROOT)}")
    subprocess.run(["npm", "install", "--prefix", TOOLS, "--no-audit", "--no-fund",
                    "--loglevel=error", WORKERD], check=True)


class Workerd:
    """workerd with the counter, its storage in `folder`. Use as a context."""

    def __init__(self, folder, port):
        folder.mkdir()
        self.process = subprocess.Popen(
            [PROGRAM, "serve", CONFIG, "--socket-addr", f"http=127.0.0.1:{port}",
             "--directory-path", f"storage={folder}"], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        end = time.monotonic() + bench.START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise SystemExit("bench-peers: workerd did not start") from None
                time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.process.terminate()
        self.process.wait(bench.START_SECONDS)


def measure(ports, options):
    rows = []
    for connections in CONNECTIONS:
        runs = {name: [] for name in ports}
        for _ in range(options.rounds):
            for name, port in ports.items():
                runs[name].append(load(port, "/count", connections, BYTES, options.seconds,
                                       "--any-payload"))
        for name in ports:
            figures = middle(runs[name])
            rows.append(f"| {connections} | {name} | {figures['per_second']:,.0f} "
                        f"| {figures['p50_us'] / 1000:.2f} | {figures['p99_us'] / 1000:.2f} |")
            print(rows[-1], flush=True)
    return rows


def write_page(rows, sync, options):
    today = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
    table = "\n".join([HEADER, *rows])
    PAGE.write_text(f"""# Durable counter

Clients send {BYTES} bytes each and wait for the count, which leaves when it is stored. Theater:
an actor, whose every message and answer is in its hash chain. workerd: a Durable Object that puts
the count into its storage. Median of {options.rounds} rounds of {options.seconds} s, in turn.

{table}

The disk in the same run: fdatasync of 4 KiB, p50 {sync['p50_us']:,.0f} us, \
{sync['syncs_per_second']:,.0f} a second.

Machine: {bench.processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}.
{WORKERD}. Date: {today}. Commit: {bench.commit()}. Load when it ended: {os.getloadavg()[0]:.1f}. \
Repeat with `make bench-peers`.
""")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--shards", type=int, default=1, help="of the node")
    options = parser.parse_args()
    install()
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=ROOT / "build"))
    try:
        sync = json.loads(subprocess.run([BUILD / "bench" / "raw_sync", folder], check=True,
                                         capture_output=True, text=True).stdout)
        ports = {"Theater": free_port(), "workerd": free_port()}
        node = bench.node_command(["bench/durable_counter/durable_counter.toml"], folder / "data",
                                  ports["Theater"], options)
        print(HEADER)
        with Server(node), Workerd(folder / "workerd", ports["workerd"]):
            rows = measure(ports, options)
        write_page(rows, sync, options)
        print(f"written to {PAGE.relative_to(ROOT)}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
