"""The bars of speed: each figure beside its limit; tools/bench.py prints and keeps them.

A figure of wall time suffers when the machine is busy with something else. Where one thread does
the work, its processor time is shown beside it: what that thread alone would reach.
"""

import datetime
import json
import os
import subprocess

HEADER = "| what | bar | figure | by processor time of its thread |\n|---|---|---|---|"


def table(rows):
    return "\n".join([HEADER, *(f"| {' | '.join(row)} |" for row in rows)])


def write_page(folder, rows, machine, commit):
    today = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
    page = folder / f"{today}.md"
    page.write_text(f"# Bars, {today}\n\n{table(rows)}\n\nMachine: {machine}. Commit: {commit}. "
                    f"Load when it ended: {os.getloadavg()[0]:.1f}. Repeat with `make bench`.\n")
    return page


def echo_rows(loads):
    for connections, size, figures in loads:
        if (connections, size) == (100, 1024):
            ratio = figures["actor"]["per_second"] / figures["beast"]["per_second"]
            return [("durable echo, 100 connections, 1 KiB, of bare Beast", ">= 0.5",
                     f"{ratio:.2f}", "")]
    return []


COUNTER_PACE = 10_000  # messages a second of all connections
COUNTER_LOADS = ((1,), (100,), (100, "--rate", str(COUNTER_PACE)))


def counter_rows(runs, sync):
    one, hundred, paced = runs
    return [("durable counter, 1 connection, p50", "<= 350 us",
             f"{one['p50_us']:,.0f} us (fdatasync {sync['p50_us']:,.0f} us)", ""),
            ("durable counter, 100 connections", ">= 50,000/s", f"{hundred['per_second']:,.0f}/s",
             ""),
            (f"durable counter, 100 connections, p50 at {COUNTER_PACE:,}/s", "",
             f"{paced['p50_us']:,.0f} us", "")]


class Run:
    """One program of Google Benchmark; its results by name."""

    def __init__(self, program, folder, names):
        command = [program, "--benchmark_format=json", f"--benchmark_filter={'|'.join(names)}"]
        if folder:
            command.append(f"--dir={folder}")
        run = subprocess.run(command, check=True, capture_output=True, text=True)
        self.results = json.loads(run.stdout)["benchmarks"]

    def find(self, start):
        return next(result for result in self.results if result["name"].startswith(start))

    def rate(self, start):
        """Items a second by the clock, and by the thread's processor time."""
        found = self.find(start)
        wall, processor = found["real_time"], found["cpu_time"]
        by_clock = found["items_per_second"]
        if "real_time" not in found["name"]:  # then the library has divided by processor time
            by_clock *= processor / wall
        return by_clock, by_clock * wall / processor


def rate_row(what, bar, rates):
    return (what, f">= {bar}/s", f"{rates[0]:,.0f}/s", f"{rates[1]:,.0f}/s")


def time_row(what, bar_us, rates):
    return (what, f"<= {bar_us} us", f"{1e6 / rates[0]:,.1f} us", f"{1e6 / rates[1]:,.1f} us")


CALLS = 64  # of one invocation of the benchmark host_calls


def added_by_recording(actor, clock):
    """What recording adds to one host call, in us: an invocation with calls less one without."""
    def calls_alone(recorded):
        many, none = (actor.find(f"host_calls/command:{ord(letter)}/recorded:{recorded}")[clock]
                      for letter in "ak")
        return many - none
    return (calls_alone(1) - calls_alone(0)) / CALLS


def idle_actor_rows(actor):
    found = actor.find("idle_actors")
    return [("memory of an idle, evicted actor, of 100,000", "<= 1.5 KiB",
             f"{found['bytes_per_actor'] / 1024:.2f} KiB "
             f"({found['resident_bytes_per_actor'] / 1024:.2f} KiB resident)", "")]


def library_rows(programs, folder):
    chain = Run(programs / "chain_bench", folder / "chain",
                ["raw_fdatasync/4096", "durable_events", "commit_latency/10000", "verify_events"])
    actor = Run(programs / "actor_bench", folder / "actor", ["."])
    engine = Run(programs / "engine_bench", None, ["instantiate$"])
    sync, commit = chain.find("raw_fdatasync/4096"), chain.find("commit_latency/10000")
    large = actor.rate(f"invocations/command:{ord('c')}/batch:1/state:1048576")
    made = engine.find("instantiate")
    again = actor.find("reactivation")
    return [
        rate_row("verify, 200-byte events", "1,000,000", chain.rate("verify_events")),
        rate_row("replay, echo, 64 bytes, events", "200,000", actor.rate("replay_events")),
        ("recorded host call, 64 bytes in and out, added to an unrecorded one", "<= 1 us",
         f"{added_by_recording(actor, 'real_time'):,.2f} us",
         f"{added_by_recording(actor, 'cpu_time'):,.2f} us"),
        rate_row("invocations, 64-byte event, 1-KiB state, one chunk changed", "250,000",
                 actor.rate(f"invocations/command:{ord('c')}/batch:1/state:1024")),
        rate_row("durable events, 200 bytes", "1,000,000", chain.rate("durable_events")),
        ("commit latency p50 at 10,000/s", f"<= 2 x {sync['p50_us']:,.0f} us",
         f"{commit['p50_us']:,.0f} us", ""),
        time_row("call with 1 MiB of state, one chunk changed", 250, large),
        ("instance made", "<= 30 us", f"{made['real_time'] / 1000:,.1f} us",
         f"{made['cpu_time'] / 1000:,.1f} us"),
        ("re-activation of an evicted actor and its call", "<= 30 us",
         f"{again['real_time']:,.1f} us", f"{again['cpu_time']:,.1f} us"),
    ] + idle_actor_rows(actor)
