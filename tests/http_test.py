"""HTTP as clients see it: raw cases on fresh and on kept connections, judged like python3-h11 does;
long polls, streams, their ends and a restart; the chain of all that verifies and replays."""

import json
import os
import random
import re
import ssl
import threading
import time
import unittest

import support
from http_cases import CASES, DIFFERENCES, ENDED, HELLO, KEPT, WAITS
from raw_http import Ended, RawClient, get, post
from tls_relay import make_certificate

try:
    import h11
except ImportError:
    h11 = None

MUTATIONS = 1000
REFUSALS = (400, 413, 414, 417, 431, 501, 505)


class HttpTest(support.ActorTest):

    def board(self, **variables):
        return self.node("board", variables={"client_max": 100_000, **variables})

    def client(self):
        return RawClient(self.port)

    def pin(self, text):
        with self.client() as client:
            client.send(post("/api/notes", text.encode()))
            answer = client.read()
            self.assertEqual(answer.status, 201, answer)
            return json.loads(answer.body)["seq"]

    def check(self, case, client):
        client.send(case.data)
        statuses = [client.read(case.bare).status for _ in case.statuses]
        self.assertEqual(tuple(statuses), case.statuses)
        if case.then == WAITS:
            self.assertTrue(client.is_silent())
        elif case.then == KEPT:
            client.send(HELLO)
            self.assertEqual(client.read().status, 200)
        else:
            self.assertEqual(client.read_rest(), b"")

    def test_raw_cases(self):
        self.assertGreaterEqual(len(CASES), 120)
        with self.board():
            for case in CASES:
                with self.subTest(case=case.name), self.client() as client:
                    self.check(case, client)
                with self.subTest(kept=case.name), self.client() as client:
                    client.send(HELLO)
                    self.assertEqual(client.read().status, 200)
                    self.check(case, client)
            for case in CASES:
                if case.then == WAITS:
                    continue
                with self.subTest(dribbled=case.name), self.client() as client:
                    for at in range(min(len(case.data), 200)):
                        client.send(case.data[at:at + 1])
                    self.check(case._replace(data=case.data[200:]), client)
        self.assert_chain_holds()

    @unittest.skipIf(h11 is None, "python3-h11 is not here")
    def test_the_parser_agrees_with_h11(self):
        """What h11 refuses we refuse; where we refuse more, it is listed, with the reason."""
        unlisted, unneeded = [], set(DIFFERENCES)
        for case in CASES:
            ours = any(status in REFUSALS for status in case.statuses) and case.then == ENDED
            if ours == self.refused_by_h11(case.data):
                continue
            if case.name not in DIFFERENCES:
                unlisted.append((case.name, "we refuse" if ours else "h11 refuses"))
            unneeded.discard(case.name)
        self.assertEqual((unlisted, sorted(unneeded)), ([], []))

    @staticmethod
    def refused_by_h11(data):
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=32 * 1024)
        connection.receive_data(data)
        try:
            while True:
                event = connection.next_event()
                if event in (h11.NEED_DATA, h11.PAUSED) or isinstance(event, h11.ConnectionClosed):
                    return False
        except h11.RemoteProtocolError:
            return True

    def mutated(self, chance):
        """A case's bytes with one to three small wounds."""
        data = bytearray(chance.choice(CASES).data[:2000])
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(data) + 1)
            kind = chance.randrange(4)
            if kind == 0:
                data[at:at] = chance.choice([b"\r", b"\n", b"\r\n", b" ", b"\t", b":", b",", b"\0",
                                             b"0", b";", bytes([chance.randrange(256)])])
            elif kind == 1:
                del data[at:at + chance.randint(1, 4)]
            elif kind == 2:
                data[at:at] = data[at:at + chance.randint(1, 40)]
            elif at < len(data):
                data[at] ^= 1 << chance.randrange(8)
        return bytes(data)

    def test_mutated_requests_harm_nobody(self):
        """And what h11 refuses is never answered as if it were whole."""
        seed = int(os.environ.get("SEED", 1))
        print(f"SEED={seed}")
        chance, accepted = random.Random(seed), []
        with self.board():
            for _ in range(MUTATIONS):
                data = self.mutated(chance)
                with self.client() as client:
                    client.send(data)
                    client.end()
                    answer = client.read_rest()
                statuses = [int(text) for text in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]
                if statuses and statuses[-1] < 400 and h11 and self.refused_by_h11(data):
                    accepted.append(data)
            with self.client() as client:
                client.send(HELLO)
                self.assertEqual(client.read().status, 200)
        self.assert_chain_holds()
        # What stands behind `close` is not read; one empty line in front is.
        strange = [data for data in accepted
                   if b"close" not in data.lower() and not data.startswith(b"\r\n")
                   and b"HTTP/1.0" not in data]
        self.assertEqual(strange, [])

    def test_expecting_clients_are_told_to_go_on(self):
        with self.board(), self.client() as client:
            client.send(b"POST /api/notes HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\n"
                        b"Content-Length: 3\r\n\r\n")
            self.assertEqual(client.read_head().status, 100)
            client.send(b"abc")
            self.assertEqual(client.read().status, 201)

    def test_the_page_and_the_head_are_served(self):
        with self.board():
            for path, status in (("/", 200), ("/.theater/head", 200), ("/missing", 404),
                                 ("/../board.toml", 404), ("/apis", 404)):
                with self.subTest(path=path), self.client() as client:
                    client.send(HELLO + get(path))
                    self.assertEqual(client.read().status, 200)
                    self.assertEqual(client.read().status, status)

    def test_a_note_answers_everybody_who_waits(self):
        with self.board():
            waiting = [self.client() for _ in range(50)]
            for client in waiting:
                client.send(get("/api/notes?after=0"))
            self.assertTrue(waiting[-1].is_silent())
            gone = waiting.pop()
            gone.socket.close()
            self.pin("at last")
            for client in waiting:
                answer = client.read()
                self.assertEqual((answer.status, json.loads(answer.body)),
                                 (200, [{"seq": 1, "text": "at last"}]))
                client.send(HELLO)
                self.assertEqual(client.read().status, 200)
                client.socket.close()
        self.assert_chain_holds()

    def events(self, client, count):
        """So many events of a stream, as their lines."""
        text = b""
        while text.count(b"\n\n") < count:
            text += client.read_chunk()
        return [event.split("\n") for event in text.decode().split("\n\n") if event]

    def test_events_reach_their_listeners_and_those_who_come_back(self):
        with self.board():
            with self.client() as client:
                client.send(get("/api/events"))
                head = client.read_head()
                self.assertEqual(head.field("content-type"), "text/event-stream")
                self.assertEqual(self.events(client, 1), [["retry: 2000"]])
                for number in range(1, 4):
                    self.pin(f"n{number}")
                heard = self.events(client, 3)
                self.assertEqual([event[0] for event in heard], ["id: 1", "id: 2", "id: 3"])
                self.assertEqual(heard[0][1], 'data: {"seq":1,"text":"n1"}')
            for last, expected in (("1", ["id: 2", "id: 3"]), ("99", ["event: gap"])):
                with self.client() as client:
                    client.send(get("/api/events", f"Last-Event-ID: {last}\r\n"))
                    client.read_head()
                    heard = self.events(client, 1 + len(expected))[1:]
                    self.assertEqual([event[0] for event in heard], expected)
        self.assert_chain_holds()

    def test_a_restart_forgets_no_note_and_no_waiting_request(self):
        with self.board() as node:
            self.pin("before")
            parked = self.client()
            parked.send(get("/api/notes?after=1"))
            self.assertTrue(parked.is_silent())
            node.kill()
            with self.assertRaises(Ended):
                parked.read()
            parked.socket.close()
        with self.board():
            again = self.client()
            again.send(get("/api/notes?after=1"))
            self.assertEqual(self.pin("after"), 2)
            self.assertEqual(json.loads(again.read().body), [{"seq": 2, "text": "after"}])
            again.socket.close()
        self.assert_chain_holds()

    def test_a_stop_finishes_what_it_has(self):
        with self.board() as node:
            parked, stream, idle = self.client(), self.client(), self.client()
            parked.send(get("/api/notes?after=0"))
            stream.send(get("/api/events"))
            stream.read_head()
            idle.send(HELLO)
            idle.read()
            self.assertTrue(parked.is_silent())
            self.assertEqual(node.stop(), 0)
            answer = parked.read()
            self.assertEqual((answer.status, answer.field("retry-after")), (503, "1"))
            self.assertEqual(stream.read_rest()[-5:], b"0\r\n\r\n")
            self.assertEqual(idle.read_rest(), b"")
            for client in (parked, stream, idle):
                client.socket.close()
        self.assert_chain_holds()

    def manifest(self, more=""):
        """The board's manifest without its page, with further keys of its grant."""
        text = (support.ACTORS / "board" / "board.toml").read_text()
        text = text.replace("../../build/actors", str(support.BUILD_ACTORS))
        text = text.replace('static = "static"\n', more)
        path = self.folder / "board.toml"
        path.write_text(text)
        return path

    def node_of(self, *manifests):
        self.port = support.free_port()
        return support.Node(manifests, self.data, {"listen": f"127.0.0.1:{self.port}"})

    def test_one_address_serves_websockets_and_requests(self):
        chat = support.ACTORS / "chat" / "chat.toml"
        with self.node_of(chat, self.manifest()), self.connect("/ws") as socket, \
                self.client() as client:
            socket.send("both")
            self.assertEqual(json.loads(socket.recv(timeout=10))["text"], "both")
            client.send(HELLO + post("/api/notes", b"both") + get("/"))
            answers = [client.read() for _ in range(3)]
            self.assertEqual([answer.status for answer in answers], [200, 201, 200])
            self.assertIn(b"<html", answers[2].body)
            with self.client() as other:
                other.send(get("/ws"))
                self.assertEqual(other.read().status, 404)
        self.assert_chain_holds()

    def test_requests_through_tls(self):
        certificate, key = make_certificate(self.folder)
        tls = ssl.create_default_context(cafile=certificate)
        grant = f'tls_certificate = "{certificate}"\ntls_key = "{key}"\n'
        with self.node_of(self.manifest(grant)):
            with RawClient(self.port, tls=tls) as client:
                client.send(HELLO + post("/api/notes", b"x" * 60_000))
                self.assertEqual(client.read().status, 200)
                self.assertEqual(client.read().status, 400)  # too long for a note
                client.send(get("/api/notes?after=0"))
                with RawClient(self.port, tls=tls) as writer:
                    writer.send(post("/api/notes", b"secret"))
                    self.assertEqual(writer.read().status, 201)
                self.assertEqual(json.loads(client.read().body), [{"seq": 1, "text": "secret"}])
            with self.client() as plain:
                plain.send(HELLO)
                self.assertNotIn(b"200", plain.read_rest())

    def test_too_many_of_one_client(self):
        with self.board(client_max=3):
            waiting = [self.client() for _ in range(3)]
            for client in waiting:
                client.send(get("/api/notes?after=0"))
            self.assertTrue(waiting[-1].is_silent())
            with self.client() as client:
                client.send(HELLO)
                answer = client.read()
                self.assertEqual((answer.status, answer.field("retry-after")), (429, "1"))
            waiting[0].socket.close()
            deadline = time.monotonic() + 10
            status = 429
            while status == 429 and time.monotonic() < deadline:
                with self.client() as client:
                    client.send(HELLO)
                    status = client.read().status
            self.assertEqual(status, 200)
            for client in waiting[1:]:
                client.socket.close()
        self.assert_chain_holds()

    def test_many_clients_at_once(self):
        """16 threads, each 200 requests on one connection: each gets its own answers."""
        failures = []

        def work(number):
            with self.client() as client:
                for turn in range(200):
                    text = f"{number}-{turn}".encode()
                    client.send(post("/api/notes", text))
                    answer = client.read()
                    if answer.status != 201 or json.loads(answer.body)["text"] != text.decode():
                        failures.append(answer)

        with self.board():
            threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(failures, [])
        self.assert_chain_holds()


if __name__ == "__main__":
    support.main()
