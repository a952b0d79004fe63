#!/usr/bin/env python3
"""Durable inserts through the notes actor, beside a plain C client with the same statements.

64 WebSocket clients each send a note and wait until the database has it; the actor records each in
its chain and, exactly once, in the ledger. Prints one row an engine; the bar is half the client's
rate. `tools/bench_database.py [--seconds N]`.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
import postgres  # noqa: E402
import support  # noqa: E402

CLIENTS = 64
BAR = 0.5


def closed_loop(port, seconds):
    """Clients that each wait for their answer; answers a second."""
    run = subprocess.run([support.BUILD / "bench" / "websocket_load", str(port), "/ws",
                          "--connections", str(CLIENTS), "--text", "a note of sixteen", "--held",
                          '"kept"', "--seconds", str(seconds)], capture_output=True, text=True)
    if run.returncode != 0:
        raise SystemExit(f"bench: {run.stderr.strip()}")
    return json.loads(run.stdout)["per_second"]


def actor_rate(folder, grant, seconds):
    text = (ROOT / "actors" / "notes" / "notes.toml").read_text()
    text = text.replace('sqlite = "${file:-notes.db}"', grant)
    text = text.replace("../../build/actors", str(ROOT / "build" / "actors"))
    manifest = folder / "notes.toml"
    manifest.write_text(text)
    port = support.free_port()
    with support.Node([manifest], folder / "data", {"listen": f"127.0.0.1:{port}"}) as node:
        rate = closed_loop(port, seconds)
        node.stop()
    shutil.rmtree(folder / "data")
    return rate


def client_rate(seconds, *where):
    run = subprocess.run([support.BUILD / "bench" / "insert_client", *where, "--clients",
                          str(CLIENTS), "--seconds", str(seconds)], capture_output=True, text=True,
                         check=True)
    return json.loads(run.stdout)["per_second"]


def show(engine, actor, client):
    ratio = actor / client
    print(f"| durable insert, {engine}, {CLIENTS} clients, of a C client | >= {BAR} | {ratio:.2f} "
          f"| {actor:,.0f}/s of {client:,.0f}/s |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=4)
    seconds = parser.parse_args().seconds
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=ROOT / "build"))
    server = None
    try:
        client = client_rate(seconds, "--sqlite", folder / "client.db")
        show("SQLite", actor_rate(folder, 'sqlite = "actor.db"', seconds), client)
        if postgres.is_installed():
            server = postgres.Postgres()
            client = client_rate(seconds, "--postgres", server.connection)
            (folder / "secret").write_text(server.connection)
            for ledger in ("false", "true"):
                grant = f'postgres_file = "secret"\npool_max = 64\nledger = {ledger}'
                show(f"PostgreSQL, ledger {ledger}", actor_rate(folder, grant, seconds), client)
    finally:
        if server:
            server.close()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
