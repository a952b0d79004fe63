"""A way that harms what passes, in both directions, costs connections and nothing else: every
request is answered or known as lost, what was answered is in the chain and the database once,
nothing is held for connections that are gone, and the chain verifies and replays."""

import collections
import concurrent.futures
import json
import os
import threading
import time
import unittest

import postgres
import support
from fault_proxy import FaultProxy
from metrics_test import scrape, value, wait_for_zero
from raw_http import Ended, RawClient, get, post
from support import ACTORS, BUILD_ACTORS, Node, free_port, theater_json
from wire import Closed, Refused, Wire

try:
    from websockets.exceptions import ConnectionClosed
    from websockets.sync.server import serve
except ImportError:
    serve = None

SEED = int(os.environ.get("SEED", 20261126))
AT_ONCE = 8  # clients
WAIT_SECONDS = 20
CLIENTS = 48
NOTES = 2  # a client's, on one connection: the board keeps 100
SPEAKERS = 32
MESSAGES = 12  # a speaker's
TALK_BYTES = 3000  # a way of a conversation is cut within so many
CASES = 40
ROUNDS = 16
WRITES = 5  # in each, one behind the other
CLIENTS_OF_SERVER = "FROM pg_stat_activity WHERE client_addr IS NOT NULL"
EVERYBODY_OUT = f"SELECT pg_terminate_backend(pid) {CLIENTS_OF_SERVER}"


def sized(number):
    """A text of 20 to 900 bytes that is nobody else's."""
    return f"{number:06} " + "x" * (number * 37 % 880)


class FaultsTest(support.ActorTest):

    def setUp(self):
        super().setUp()
        self.metrics = free_port()
        self.options = ("--metrics", self.metrics)
        print(f"SEED={SEED}", flush=True)

    def assert_harmed(self, proxy):
        print(proxy.counts, proxy.ways)
        self.assertTrue(all(proxy.counts.values()), proxy.counts)
        self.assertTrue(all(proxy.ways.values()), proxy.ways)

    # http-server: the board

    def pin(self, port, first):
        """What became of the notes of one client: text -> number, "refused" or "lost"."""
        told = {sized(first + index): "lost" for index in range(NOTES)}
        with RawClient(port) as client:
            try:
                for text in told:
                    client.send(post("/api/notes", text.encode()))
                    answer = client.read()
                    told[text] = (json.loads(answer.body)["seq"] if answer.status == 201
                                  else "refused")
            except Ended:
                pass
        return told

    def poll(self, port):
        """What became of a poll: its status, or "lost"."""
        with RawClient(port, seconds=WAIT_SECONDS) as client:
            client.send(get("/api/notes?after=1000000"))
            try:
                return client.read().status
            except Ended:
                return "lost"

    def poll_often(self, port):
        """Polls of many clients; notes come until the last is answered or lost."""
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            polls = [pool.submit(self.poll, port) for _ in range(CLIENTS)]
            number, end = 900_000, time.monotonic() + WAIT_SECONDS
            while not all(poll.done() for poll in polls) and time.monotonic() < end:
                self.pin(self.port, number)
                number += NOTES
                time.sleep(0.05)
            polled = collections.Counter(poll.result() for poll in polls)
        print(f"polls: {dict(polled)}")
        self.assertGreater(polled[200], 0)
        self.assertGreater(polled["lost"], 0)

    def pin_often(self, port):
        told = {}
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for part in pool.map(lambda first: self.pin(port, first),
                                 range(0, CLIENTS * NOTES, NOTES)):
                told.update(part)
        return told

    def board(self):
        return self.node("board", options=self.options)

    def kept(self):
        with RawClient(self.port) as client:
            client.send(get("/api/notes?after=0"))
            return json.loads(client.read().body)

    def test_http_server(self):
        with self.board() as node, FaultProxy(self.port, SEED) as proxy:
            self.poll_often(proxy.port)
            told = self.pin_often(proxy.port)
            wait_for_zero(self.metrics, ("http_connections", "http_in_flight", "http_parked",
                                         "http_streams"), family="http-server")
            self.assert_harmed(proxy)
            node.kill()
        with self.board() as node:
            kept = [note for note in self.kept() if note["text"] in told]
            self.assertEqual(node.stop(), 0)
        outcomes = collections.Counter("kept" if isinstance(number, int) else number
                                       for number in told.values())
        print(f"notes: {dict(outcomes)}, kept: {len(kept)}")
        numbers = {note["text"]: note["seq"] for note in kept}
        self.assertEqual(len(numbers), len(kept), "a note was kept twice")
        for text, number in told.items():
            if isinstance(number, int):
                self.assertEqual(numbers.get(text), number, text)
            self.assertFalse(number == "refused" and text in numbers, text)
        self.assertGreater(outcomes["kept"], 0)
        self.assertGreater(outcomes["lost"], 0)
        self.assert_chain_holds()

    # websocket-server: the echo actor

    def talk(self, port, speaker):
        """What was sent and what came back, in order, and how it ended."""
        sent = [f"{speaker}: {sized(number)}" for number in range(MESSAGES)]
        heard = []
        try:
            with Wire(f"ws://127.0.0.1:{port}/echo", timeout=WAIT_SECONDS) as client:
                client.send_all(sent)
                while len(heard) < len(sent):
                    heard.append(client.recv(timeout=WAIT_SECONDS))
                client.close()
                return sent, heard, "whole"
        except (Closed, ConnectionError):
            return sent, heard, "lost"
        except Refused as refused:
            return sent, heard, refused.status

    def texts_in_chain(self, actor):
        """All that the chain's inputs say, as one text."""
        events = theater_json("chain", self.data, "--actor", actor, "--payloads")
        return "\n".join(payload.get("wave", "") for event in events
                         for payload in event["inputs"])

    def test_websocket_server(self):
        ends = collections.Counter()
        with self.node("echo", options=self.options) as node, \
                FaultProxy(self.port, SEED, reach=TALK_BYTES) as proxy:
            with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
                talks = list(pool.map(lambda speaker: self.talk(proxy.port, speaker),
                                      range(SPEAKERS)))
            wait_for_zero(self.metrics, ("websocket_connections", "websocket_held"))
            self.assert_harmed(proxy)
            self.assertEqual(node.stop(), 0)
        chain = self.texts_in_chain("echo")
        for sent, heard, end in talks:
            ends[end] += 1
            self.assertEqual(heard, sent[:len(heard)])
            for text in heard:
                self.assertEqual(chain.count(f'"{text}"'), 1, text)
        print(f"conversations: {dict(ends)}")
        self.assertGreater(ends["whole"], 0)
        self.assertGreater(ends["lost"], 0)
        self.assert_chain_holds()

    # websocket-client: the mirror

    def test_websocket_client(self):
        if serve is None:
            self.skipTest("websockets is not installed (tools/setup --tests)")
        ends, mirrored, held = collections.Counter(), [], []

        def handle(connection):
            path = connection.request.path
            if path == "/getCaseCount":
                connection.send(str(CASES))
                connection.close()
                proxy.fault = None
            elif path.startswith("/runCase"):
                sent = [f"{path}: {sized(number)}" for number in range(MESSAGES)]
                mirrored.extend(talk_of_server(connection, sent, ends))
            else:
                held.append(value(scrape(self.metrics), "theater_websocket_client_connections"))

        with serve(handle, "127.0.0.1", 0, compression=None,
                   open_timeout=WAIT_SECONDS) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            port = server.socket.getsockname()[1]
            with FaultProxy(port, SEED, fault="none", reach=TALK_BYTES) as proxy, \
                    Node([ACTORS / "mirror" / "mirror.toml"], self.data,
                         {"server": f"ws://127.0.0.1:{proxy.port}"}, options=self.options) as node:
                status = node.wait(3 * WAIT_SECONDS)
                self.assert_harmed(proxy)
            server.shutdown()
            thread.join()
        print(f"conversations: {dict(ends)}")
        self.assertEqual(status, 0)
        self.assertLessEqual(held, [1])  # the connection that asks
        self.assertEqual(ends["wrong"], 0)
        self.assertGreater(ends["whole"], 0)
        self.assertGreater(ends["lost"], 0)
        chain = self.texts_in_chain("mirror")
        for text in mirrored:
            self.assertEqual(chain.count(f'"{text}"'), 1, text)
        self.assert_chain_holds()

    # PostgreSQL: the notes

    def notes(self, server, port):
        secret = self.folder / "secret"
        secret.write_text(f"host=127.0.0.1 port={port} dbname=postgres user=theater\n")
        text = (ACTORS / "notes" / "notes.toml").read_text()
        text = text.replace('sqlite = "${file:-notes.db}"',
                            'postgres_file = "secret"\nledger = true')
        manifest = self.folder / "notes.toml"
        manifest.write_text(text.replace("../../build/actors", str(BUILD_ACTORS)))
        self.port = free_port()
        return Node([manifest], self.data, {"listen": f"127.0.0.1:{self.port}"},
                    options=self.options)

    @unittest.skipUnless(postgres.is_installed(), "no PostgreSQL 15 here")
    def test_postgres(self):
        server = postgres.Postgres(port=free_port())
        self.addCleanup(server.close)
        kept, refused = [], 0
        with FaultProxy(server.port, SEED, reach=TALK_BYTES) as proxy, \
                self.notes(server, proxy.port) as node, self.connect("/ws") as client:
            for turn in range(ROUNDS):
                for number in range(WRITES):
                    client.send(sized(turn * WRITES + number))
                for _ in range(WRITES):
                    answer = json.loads(client.recv(timeout=2 * WAIT_SECONDS))
                    kept += [answer["kept"]] if "kept" in answer else []
                    refused += "error" in answer
                server.rows(EVERYBODY_OUT)
            self.assertEqual(len(kept) + refused, ROUNDS * WRITES)
            client.close()
            wait_for_zero(self.metrics, ("sessions_busy", "statements_waiting"), family="database")
            self.assert_harmed(proxy)
            self.assertEqual(node.stop(), 0)
        rows = [int(row) for row in server.rows("SELECT number FROM notes ORDER BY number")]
        print(f"{len(kept)} notes told as kept, {refused} refused, {len(rows)} in the table")
        self.assertEqual(sorted(set(rows)), rows, "a note was kept twice")
        self.assertLessEqual(set(kept), set(rows))
        self.assertGreater(len(kept), 0)
        self.assertGreater(refused, 0)
        self.wait_for_no_client(server)
        self.assert_chain_holds()

    def wait_for_no_client(self, server):
        """The server, too, has nobody left whom it serves."""
        end = time.monotonic() + WAIT_SECONDS
        sql = f"SELECT count(*) {CLIENTS_OF_SERVER}"
        while (count := server.rows(sql)) != ["0"] and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(count, ["0"])


def talk_of_server(connection, sent, ends):
    """Sends, and gives back what came back as it was sent."""
    heard = []
    try:
        for text in sent:
            connection.send(text)
        while len(heard) < len(sent):
            heard.append(connection.recv(timeout=WAIT_SECONDS))
        ends["whole"] += 1
    except ConnectionClosed:
        ends["lost"] += 1
    if heard != sent[:len(heard)]:
        ends["wrong"] += 1
    return heard


if __name__ == "__main__":
    support.main()
