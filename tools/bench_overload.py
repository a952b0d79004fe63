"""Three times as many requests as a node can answer, for half a minute; part of tools/bench.py.

The guest computes for each request, so that one shard is the limit and not the clients: once
little, so that to refuse (a `recv` and a `send`) costs a good part of what an answer does, and once
more. What became of each request is compared with the chain: answered and recorded, or refused,
nothing else.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from open_load import Load  # noqa: E402: beside the tests, which use it too

TURNS = (400_000, 4_000_000)  # of a loop in the guest: some 0.1 ms and 1 ms
PEAK_SECONDS, SECONDS = 5, 30
OVERLOAD = 3
CONNECTIONS, PEAK_CONNECTIONS = 800, 64
GOODPUT_MIN = 0.8
MANIFEST = "tests/guests/spout/spout.toml"


def command(bench, data, port, options):
    made = bench.node_command([MANIFEST], data, port, options)
    return [*made, "--var", f"component={bench.BUILD / 'guests' / 'spout.wasm'}"]


def recorded(theater, data):
    """The numbers of the requests that the guest was given; the refusals that overflow records
    tell of."""
    run = subprocess.run([theater, "chain", data, "--actor", "spout", "--payloads", "--json"],
                         check=True, capture_output=True, text=True)
    given, refused = [], 0
    for line in run.stdout.splitlines():
        event = json.loads(line)
        for payload in event["inputs"]:
            given += map(int, re.findall(r"&id=(\d+)", payload.get("wave", "")))
        if event["kind"] == "overflow" and event["what"].startswith("http-server requests"):
            refused += int(re.search(r" (\d+) items", event["what"])[1])
    return sorted(given), refused


def run_load(port, turns, connections, rate, seconds, first=0):
    load = Load(port, f"/work?turns={turns}", connections, first)
    goodput = load.run(rate, seconds)
    load.close()
    return load, goodput


def rows(bench, folder, options):
    """`bench` is tools/bench.py: servers, ports."""
    return [row for turns in TURNS for row in overload(bench, folder, options, turns)]


def overload(bench, folder, options, turns):
    port, data = bench.free_port(), folder / f"overload-{turns}"
    with bench.Server(command(bench, data, port, options)):
        first, peak = run_load(port, turns, PEAK_CONNECTIONS, None, PEAK_SECONDS)
        load, goodput = run_load(port, turns, CONNECTIONS, OVERLOAD * peak, SECONDS,
                                 first.next_number)
        last, after = run_load(port, turns, PEAK_CONNECTIONS, None, PEAK_SECONDS,
                               load.next_number)
    chain = recorded(bench.BUILD / "bin" / "theater", data)
    return table((first, last), load, (peak, goodput, after), chain)


def table(before_and_after, load, rates, chain):
    peak, goodput, after = rates
    given, told = chain
    counts = load.counts()
    answered = [number for number, status in load.statuses.items() if status == 200]
    offered = len(load.statuses) + load.left
    refused = {status: count for status, count in counts.items() if status in (503, 429)}
    lost = len(load.statuses) - len(answered) - sum(refused.values())
    others = [number for one in before_and_after for number in one.statuses]
    strange = set(others + answered) ^ set(given)
    what = f"HTTP, {OVERLOAD} x capacity ({peak:,.0f}/s) for {SECONDS} s"
    kinds = ", ".join(f"{count:,} x {status}" for status, count in sorted(refused.items()))
    has_time = all(has for _, has in load.heads)
    return [(f"{what}: goodput", f">= {GOODPUT_MIN} of the peak",
             f"{goodput / peak:.2f} ({goodput:,.0f}/s; afterwards {after:,.0f}/s)",
             ""),
            (f"{what}: refused", "503 or 429, with Retry-After",
             f"{kinds} of {offered:,}, {'each' if has_time else 'not each'} with it", ""),
            (f"{what}: neither answered nor refused", "0", f"{lost}", ""),
            (f"{what}: answered but not in the chain, or the reverse", "0", f"{len(strange)}", ""),
            (f"{what}: refusals that the chain tells of", f"{sum(refused.values()):,}",
             f"{told:,}", ""),
            (f"{what}: p50, p99 of those answered", "",
             f"{1000 * load.quantile(0.5):,.0f} ms, {1000 * load.quantile(0.99):,.0f} ms", "")]
