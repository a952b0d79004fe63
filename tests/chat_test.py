"""Two clients chat; who joins later gets the history; a restart forgets nothing."""

import json

import support
from wire import Closed, Refused, http_get


class ChatTest(support.ActorTest):

    def receive(self, client):
        return json.loads(client.recv(timeout=10))

    def test_a_message_reaches_everybody_with_its_number(self):
        with self.node("chat"), self.connect("/ws") as first, \
                self.connect("/ws") as second:
            first.send("hello")
            for client in (first, second):
                message = self.receive(client)
                self.assertEqual((message["seq"], message["text"]), (1, "hello"))
                self.assertRegex(message["from"], r"^c\d+$")
            special = 'quotes " and \\ and \u00e9 \U0001f600'
            second.send(special)
            for client in (first, second):
                message = self.receive(client)
                self.assertEqual((message["seq"], message["text"]), (2, special))

    def test_a_late_client_gets_the_last_hundred(self):
        with self.node("chat"), self.connect("/ws") as first:
            for number in range(1, 131):
                first.send(f"m{number}")
            for number in range(1, 131):
                self.assertEqual(self.receive(first)["seq"], number)
            with self.connect("/ws") as late:
                history = [self.receive(late)["seq"] for _ in range(100)]
                self.assertEqual(history, list(range(31, 131)))

    def test_numbers_go_on_after_a_restart(self):
        with self.node("chat") as node, self.connect("/ws") as client:
            client.send("before")
            self.receive(client)
            self.assertEqual(node.stop(), 0)
        with self.node("chat"), self.connect("/ws") as client:
            self.assertEqual(self.receive(client)["text"], "before")
            client.send("after")
            self.assertEqual(self.receive(client)["seq"], 2)
        self.assert_chain_holds()

    def test_binary_is_refused_with_1003(self):
        with self.node("chat"), self.connect("/ws") as client:
            client.send(b"\x00\x01")
            with self.assertRaises(Closed) as closed:
                client.recv(timeout=10)
            self.assertEqual(closed.exception.code, 1003)

    def test_the_page_is_served_and_nothing_beside_it(self):
        with self.node("chat"):
            where = ("127.0.0.1", self.port)
            status, head, body = http_get(where, "/")
            self.assertEqual(status, 200)
            self.assertIn("text/html", head.lower())
            self.assertIn(b"<html", body.lower())
            for path in ("/missing", "/../chat.toml", "/..%2fchat.toml", "//etc/passwd"):
                self.assertEqual(http_get(where, path)[0], 404, path)

    def test_another_path_is_not_upgraded(self):
        with self.node("chat"), self.assertRaises(Refused) as refused:
            self.connect("/nowhere")
        self.assertEqual(refused.exception.status, 404)


if __name__ == "__main__":
    support.main()
