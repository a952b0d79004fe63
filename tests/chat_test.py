"""Two clients chat; who joins later gets the history; a restart forgets nothing."""

import json

import support
from support import connect


class ChatTest(support.ActorTest):

    def receive(self, client):
        return json.loads(client.recv(timeout=10))

    def test_a_message_reaches_everybody_with_its_number(self):
        with self.node("chat"), connect(self.address("/ws")) as first, \
                connect(self.address("/ws")) as second:
            first.send("hello")
            for client in (first, second):
                message = self.receive(client)
                self.assertEqual((message["seq"], message["text"]), (1, "hello"))
                self.assertRegex(message["from"], r"^c\d+$")
            second.send('quotes " and \\ and \u00e9')
            for client in (first, second):
                message = self.receive(client)
                self.assertEqual((message["seq"], message["text"]), (2, 'quotes " and \\ and \u00e9'))

    def test_a_late_client_gets_the_last_hundred(self):
        with self.node("chat"), connect(self.address("/ws")) as first:
            for number in range(1, 131):
                first.send(f"m{number}")
            for number in range(1, 131):
                self.assertEqual(self.receive(first)["seq"], number)
            with connect(self.address("/ws")) as late:
                history = [self.receive(late)["seq"] for _ in range(100)]
                self.assertEqual(history, list(range(31, 131)))

    def test_numbers_go_on_after_a_restart(self):
        with self.node("chat") as node, connect(self.address("/ws")) as client:
            client.send("before")
            self.receive(client)
            self.assertEqual(node.stop(), 0)
        with self.node("chat"), connect(self.address("/ws")) as client:
            self.assertEqual(self.receive(client)["text"], "before")
            client.send("after")
            self.assertEqual(self.receive(client)["seq"], 2)
        self.assert_chain_holds()

    def test_binary_is_refused_with_1003(self):
        from websockets.exceptions import ConnectionClosed
        with self.node("chat"), connect(self.address("/ws")) as client:
            client.send(b"\x00\x01")
            with self.assertRaises(ConnectionClosed) as closed:
                client.recv(timeout=10)
            self.assertEqual(closed.exception.rcvd.code, 1003)


if __name__ == "__main__":
    support.main()
