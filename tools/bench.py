#!/usr/bin/env python3
"""Measures the echo actor beside its limit, bare Beast, in the same run; `make bench` calls it.

Prints a table and writes it, with machine, date and commit, to docs/benchmarks/. Each figure is
the median of several rounds in which both servers take turns, so that a noisy machine disturbs both
alike; read the ratio, not the figures.
"""

import argparse
import bench_database
import bench_http
import bench_idle
import bench_readers
import bench_loop
import bench_overload
import bench_rows
import datetime
import json
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "release"
PAGE = ROOT / "docs" / "benchmarks" / "websocket_echo.md"
START_SECONDS = 60
LOADS = [(100, 64), (100, 1024), (100, 16384), (1, 1024)]  # connections, bytes


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A process that prints a line with `ready` when it serves."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if "ready" in line:
                return
        raise SystemExit(f"bench: this did not start: {' '.join(map(str, command))}")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stop()

    def stop(self):
        self.process.terminate()
        self.process.wait(START_SECONDS)


def load(port, path, connections, size, seconds, *more):
    run = subprocess.run([BUILD / "bench" / "websocket_load", str(port), path,
                          "--connections", str(connections), "--bytes", str(size),
                          "--seconds", str(seconds), *more], capture_output=True, text=True,
                         timeout=seconds + 60)
    if run.returncode != 0:
        raise SystemExit(f"bench: {run.stderr.strip()}")
    return json.loads(run.stdout)


def raw_sync(folder):
    """fdatasync of 4 KiB where the node's data would be."""
    run = subprocess.run([BUILD / "bench" / "raw_sync", folder], check=True, capture_output=True,
                         text=True)
    return json.loads(run.stdout)


def measure(ports, options):
    """For each load, the median of each server's rounds."""
    rows = []
    for connections, size in LOADS:
        figures = {name: [] for name in ports}
        for _ in range(options.rounds):
            for name, (port, path) in ports.items():
                figures[name].append(load(port, path, connections, size, options.seconds))
        rows.append((connections, size, {name: middle(runs) for name, runs in figures.items()}))
        print(row_text(rows[-1]), flush=True)
    return rows


def middle(runs):
    return {key: statistics.median(run[key] for run in runs)
            for key in ("per_second", "p50_us", "p99_us")}


HEADER = ("| connections | bytes | bare Beast, messages/s | p50, us "
          "| echo actor, durable, messages/s | p50, us | p99, us | ratio |\n"
          "|---|---|---|---|---|---|---|---|")


def row_text(row):
    connections, size, figures = row
    beast, actor = figures["beast"], figures["actor"]
    return (f"| {connections} | {size} | {beast['per_second']:,.0f} | {beast['p50_us']:,.0f} "
            f"| {actor['per_second']:,.0f} | {actor['p50_us']:,.0f} | {actor['p99_us']:,.0f} "
            f"| {actor['per_second'] / beast['per_second']:.2f} |")


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def commit():
    run = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True,
                         text=True)
    return run.stdout.strip() or "unknown"


def write_page(rows, sync, options):
    today = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
    table = "\n".join([HEADER, *map(row_text, rows)])
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(f"""# WebSocket echo

Clients that each send a message and wait for its echo. The echo actor records every message and
its reply in the hash chain, and the reply leaves when that is on disk; bare Beast records nothing.
Median of {options.rounds} rounds of {options.seconds} s, both servers in turn.

{table}

The disk in the same run: fdatasync of 4 KiB, p50 {sync['p50_us']:,.0f} us, \
{sync['syncs_per_second']:,.0f} a second.

Machine: {processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}. \
Date: {today}. Commit: {commit()}. Repeat with `make bench`.
""")


def node_command(manifests, data, port, options):
    return [BUILD / "bin" / "theater", "run", *[ROOT / manifest for manifest in manifests],
            "--data", data, "--var", f"listen=127.0.0.1:{port}", "--shards", str(options.shards),
            "--json"]


def measure_counter(folder, options):
    """The durable counter with one connection and with a hundred."""
    port = free_port()
    command = node_command(["bench/durable_counter/durable_counter.toml"], folder / "counter", port,
                           options)
    with Server(command):
        runs = [load(port, "/count", connections, 16, options.seconds, "--any-payload", *how)
                for connections, *how in bench_rows.COUNTER_LOADS]
        return bench_rows.counter_rows(runs, raw_sync(folder))


def measure_loop(folder, options):
    """An echo actor alone, then beside an actor that loops, on one shard."""
    port, data = free_port(), folder / "loop"
    manifests = ["actors/echo/echo.toml", "bench/endless_loop/endless_loop.toml"]
    server = Server(node_command(manifests, data, port, options))
    with server:
        return bench_loop.loop_rows(load, port, BUILD / "bin" / "theater", data, options.seconds,
                                    server.stop)


def measure_readers(folder, options):
    return bench_readers.rows(folder, options)


def measure_overload(folder, options):
    return bench_overload.rows(sys.modules[__name__], folder, options)


def measure_hello(folder, options):
    return bench_http.hello_rows(sys.modules[__name__], folder, options)


def measure_libraries(folder, _):
    return bench_rows.library_rows(BUILD / "bench", folder)


def measure_idle(folder, options):
    return bench_idle.rows(sys.modules[__name__], folder, options)


def measure_database(folder, options):
    return bench_database.rows(sys.modules[__name__], folder, options)


def measure_polls(folder, options):
    return bench_http.poll_rows(sys.modules[__name__], folder, options)


# What --only names; each answers rows of the bars.
PARTS = {"counter": measure_counter, "loop": measure_loop, "readers": measure_readers,
         "overload": measure_overload, "hello": measure_hello, "polls": measure_polls,
         "idle": measure_idle, "database": measure_database}


def print_parts(folder, options):
    for name in options.only:
        print(bench_rows.table(PARTS[name](folder, options)), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--shards", type=int, default=1, help="of the node")
    parser.add_argument("--only", nargs="+", choices=PARTS, help="print these bars, write no page")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=ROOT / "build"))
    try:
        if options.only:
            print_parts(folder, options)
            return 0
        sync = raw_sync(folder)
        beast_port, actor_port = free_port(), free_port()
        actor = node_command(["actors/echo/echo.toml"], folder / "data", actor_port, options)
        print(HEADER)
        with Server([BUILD / "bench" / "beast_echo", str(beast_port)]), Server(actor):
            rows = measure({"beast": (beast_port, "/"), "actor": (actor_port, "/echo")}, options)
        write_page(rows, sync, options)
        bars = bench_rows.echo_rows(rows)
        for part in (measure_counter, measure_idle, measure_database, measure_hello, measure_polls,
                     measure_overload, measure_loop, measure_libraries, measure_readers):
            found = part(folder, options)
            print(bench_rows.table(found), flush=True)
            bars += found
        page = bench_rows.write_page(PAGE.parent, bars, f"{processor()}, {os.cpu_count()} cores, "
                                     f"{platform.system()} {platform.release()}", commit())
        print(f"written to {PAGE.relative_to(ROOT)} and {page.relative_to(ROOT)}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
