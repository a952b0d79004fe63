"""Durable inserts through the notes actor, beside a plain C client with the same statements.

64 WebSocket clients each send a note and wait until the database has it; the actor records each in
its chain and, exactly once, in the ledger. The bar is half the client's rate; tools/bench.py
prints the rows. PostgreSQL: both send the insert and the session's cleaning; both send the entry in
the ledger as well; and, without a bar, the actor's two beside a client that sends the insert alone.
"""

import json
import shutil
import subprocess
import sys

CLIENTS = 64
BAR = 0.5


def actor_rate(bench, folder, grant, options):
    """Notes kept a second."""
    text = (bench.ROOT / "actors" / "notes" / "notes.toml").read_text()
    text = text.replace('sqlite = "${file:-notes.db}"', grant)
    text = text.replace("../../build/actors", str(bench.ROOT / "build" / "actors"))
    manifest = folder / "notes.toml"
    manifest.write_text(text)
    port, data = bench.free_port(), folder / "notes"
    with bench.Server(bench.node_command([manifest], data, port, options)):
        run = subprocess.run([bench.BUILD / "bench" / "websocket_load", str(port), "/ws",
                              "--connections", str(CLIENTS), "--text", "a note of sixteen",
                              "--held", '"kept"', "--seconds", str(options.seconds)],
                             capture_output=True, text=True)
    if run.returncode != 0:
        raise SystemExit(f"bench: {run.stderr.strip()}")
    shutil.rmtree(data)
    return json.loads(run.stdout)["per_second"]


def client_rate(bench, options, *where):
    run = subprocess.run([bench.BUILD / "bench" / "insert_client", *where, "--clients",
                          str(CLIENTS), "--seconds", str(options.seconds)], capture_output=True,
                         text=True, check=True)
    return json.loads(run.stdout)["per_second"]


def row(engine, actor, client, bar=f">= {BAR}"):
    return (f"durable insert, {engine}, {CLIENTS} clients, of a C client", bar,
            f"{actor / client:.2f} ({actor:,.0f} of {client:,.0f}/s)", "")


def postgres_rows(bench, folder, options):
    sys.path.insert(0, str(bench.ROOT / "tests"))
    import postgres  # starts a server for tests, and for this
    if not postgres.is_installed():
        return []
    server = postgres.Postgres()
    try:
        bare = client_rate(bench, options, "--postgres", server.connection, "--bare")
        client = client_rate(bench, options, "--postgres", server.connection)
        once = client_rate(bench, options, "--postgres", server.connection, "--ledger")
        (folder / "secret").write_text(server.connection)
        rates = [actor_rate(bench, folder, f'postgres_file = "secret"\npool_max = {CLIENTS}\n'
                            f"ledger = {ledger}", options) for ledger in ("false", "true")]
        return [row("PostgreSQL, insert", rates[0], client),
                row("PostgreSQL, insert and ledger", rates[1], once),
                row("PostgreSQL, insert against the bare insert", rates[0], bare, ""),
                row("PostgreSQL, insert and ledger against the bare insert", rates[1], bare, "")]
    finally:
        server.close()


def rows(bench, folder, options):
    client = client_rate(bench, options, "--sqlite", folder / "client.db")
    actor = actor_rate(bench, folder, 'sqlite = "actor.db"', options)
    return [row("SQLite", actor, client), *postgres_rows(bench, folder, options)]
