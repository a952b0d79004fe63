"""The database family from outside: each committed statement is done once, kill -9 or not; what a
client was told is in the file; a query finds it; replay opens no database.
"""

import json
import os
import random
import signal
import sqlite3
import threading
import time
import unittest

import postgres
import support
from support import theater
from wire import Closed, Refused, Wire

CYCLES = int(os.environ.get("DATABASE_CYCLES", "4"))
SEED = int(os.environ.get("DATABASE_SEED", time.time_ns() % 1_000_000))
CLIENTS = 3
AHEAD = 16  # notes a client has sent without an answer
NOTES_MAX = 400  # a client's in one cycle
QUIET_SECONDS = 60


class Writer(threading.Thread):
    """A client that keeps notes and remembers which it was told are kept."""

    def __init__(self, address, label):
        super().__init__(daemon=True)
        self.address = address
        self.label = label
        self.kept = []
        self.refused = []

    def run(self):
        try:
            with Wire(self.address) as client:
                sent = 0
                while len(self.kept) + len(self.refused) < NOTES_MAX:
                    while sent < NOTES_MAX and sent < len(self.kept) + len(self.refused) + AHEAD:
                        client.send(f"{self.label} note {sent}")
                        sent += 1
                    answer = json.loads(client.recv())
                    if "kept" in answer:
                        self.kept.append(answer["kept"])
                    else:
                        self.refused.append(answer)
        except (OSError, Closed, Refused):
            pass  # the node was killed


class NotesTest(support.ActorTest):
    """What holds for either engine; derived tests say which."""

    def notes(self):
        raise NotImplementedError

    def numbers(self):
        """The numbers of the notes in the database, in order."""
        raise NotImplementedError

    def keep(self, client, text):
        client.send(text)
        answer = json.loads(client.recv())
        self.assertIn("kept", answer)
        return answer["kept"]

    def kill_in_cycles(self, cycles):
        print(f"seed {SEED}: repeat with DATABASE_SEED={SEED}")
        chance = random.Random(SEED)
        told = set()
        for cycle in range(cycles):
            with self.notes() as node:
                writers = [Writer(self.address("/ws"), f"{cycle}-{index}")
                           for index in range(CLIENTS)]
                for writer in writers:
                    writer.start()
                time.sleep(chance.uniform(0.2, 1.0))  # the load, not a wait for something
                node.kill()
                for writer in writers:
                    writer.join(support.STOP_SECONDS)
                    self.assertEqual(writer.refused, [])
                    told.update(writer.kept)
            print(f"cycle {cycle + 1}: {len(told)} notes were answered, "
                  f"{len(self.numbers())} are kept", flush=True)
        with self.notes() as node:
            with self.connect("/ws") as client:
                last = self.keep(client, "the last one")
            self.wait_for(list(range(1, last + 1)))
            self.assertEqual(node.stop(), 0)
        self.assertGreater(last, 50, "no cycle had any load to speak of")
        self.assertLessEqual(told, set(self.numbers()))
        self.assert_chain_holds()
        print(f"kill -9: {last} notes, each once")

    def wait_for(self, expected):
        """What was under way at the last kill is done, and nothing twice."""
        end = time.monotonic() + QUIET_SECONDS
        while self.numbers() != expected and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(self.numbers(), expected, "a note is missing or was kept twice")


class SqliteTest(NotesTest):

    def setUp(self):
        super().setUp()
        self.file = self.folder / "notes.db"

    def notes(self):
        return self.node("notes", variables={"file": self.file})

    def numbers(self):
        database = sqlite3.connect(f"file:{self.file}?mode=rw", uri=True, timeout=10)
        try:
            return [row[0] for row in database.execute("SELECT number FROM notes ORDER BY number")]
        except sqlite3.OperationalError:
            return []  # no table yet
        finally:
            database.close()

    def test_each_note_is_kept_once_whatever_is_killed(self):
        self.kill_in_cycles(CYCLES)

    def test_a_query_finds_notes_and_replay_opens_no_file(self):
        with self.notes() as node, self.connect("/ws") as client:
            for text in ("red apple", "green apple", "blue sky"):
                self.keep(client, text)
            client.send("?apple")
            found = [json.loads(client.recv()) for _ in range(3)]
            self.assertEqual(found, [{"number": 2, "body": "green apple"},
                                     {"number": 1, "body": "red apple"}, {"found": 2}])
            self.assertEqual(node.stop(), 0)
        for leftover in self.folder.glob("notes.db*"):
            leftover.unlink()
        self.assert_chain_holds()
        self.assertEqual(list(self.folder.glob("notes.db*")), [])

    def test_a_file_that_is_no_database_is_an_error_for_the_client(self):
        self.file.write_bytes(b"x" * 8192)
        manifest = support.ACTORS / "notes" / "notes.toml"
        result = theater("check", manifest)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        with self.notes() as node, self.connect("/ws") as client:
            client.send("lost")
            answer = json.loads(client.recv())
            self.assertIn("not a database", answer["error"])
            self.assertEqual(node.stop(), 0)
        self.assert_chain_holds()


@unittest.skipUnless(postgres.is_installed(), "no PostgreSQL 15 here")
class PostgresTest(NotesTest):

    def setUp(self):
        super().setUp()
        self.server = postgres.Postgres()
        self.addCleanup(self.server.close)
        secret = self.folder / "secret"
        secret.write_text(self.server.connection + "\n")
        text = (support.ACTORS / "notes" / "notes.toml").read_text()
        text = text.replace('sqlite = "${file:-notes.db}"',
                            'postgres_file = "secret"\nledger = true')
        text = text.replace("../../build/actors", str(support.BUILD_ACTORS))
        self.manifest = self.folder / "notes.toml"
        self.manifest.write_text(text)

    def notes(self):
        self.port = support.free_port()
        return support.Node([self.manifest], self.data, {"listen": f"127.0.0.1:{self.port}"})

    def numbers(self):
        return [int(row) for row in self.server.rows("SELECT number FROM notes ORDER BY number")]

    def test_each_note_is_kept_once_whatever_is_killed(self):
        self.kill_in_cycles(2)

    def test_a_killed_server_costs_no_note(self):
        with self.notes() as node, self.connect("/ws") as client:
            self.keep(client, "before")
            self.server.stop(signal.SIGQUIT)
            client.send("meanwhile")
            self.assertIn("error", json.loads(client.recv()))
            self.server.start()
            last = self.keep(client, "after")
            self.assertEqual(self.numbers(), [1, last])
            self.assertEqual(node.stop(), 0)
        self.assert_chain_holds()


if __name__ == "__main__":
    support.main()
