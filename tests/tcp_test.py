"""The relay actor carries bytes between plain clients and a TLS server unchanged, each direction to
its end, whatever the way does to them; it takes no more than the slower end; it says nothing to a
server that is not the one expected; after a kill -9 it goes on; replay opens no connection."""

import concurrent.futures
import hashlib
import random
import select
import socket
import ssl
import threading
import unittest

import support
from fault_proxy import FaultProxy
from metrics_test import wait_for_zero
from support import ACTORS, BUILD_ACTORS, ROOT, Node, free_port, guest
from tls_relay import make_certificate

SEED = 20261126
CLIENTS = 12
BYTES_MOST = 400_000
WAIT_SECONDS = 30
HELD_SECONDS = 1.0  # so long nothing more is taken of a client
TAKEN_MAX = 48 << 20  # bytes: buffers of three sockets and their kernels, and then some
NODE_BYTES_MAX = 32 << 20  # a node may grow by meanwhile


class TlsEcho:
    """Sends back what it is sent, reversed in blocks, until the client's end; then its own."""

    def __init__(self, folder, name):
        self.certificate, key = make_certificate(folder, f"DNS:{name}")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.certificate, key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.heard = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            with self.context.wrap_socket(client, server_side=True) as secure:
                while block := secure.recv(10_000):
                    self.heard += len(block)
                    secure.sendall(block.swapcase())
                secure.unwrap()
        except OSError:
            pass  # the peer has gone: that is what some tests are for

    def close(self):
        self.listener.close()


class TcpTest(support.ActorTest):

    def server(self, name):
        server = TlsEcho(self.folder, name)
        self.addCleanup(server.close)
        return server

    def relay(self, server, port):
        text = (ACTORS / "relay" / "relay.toml").read_text()
        text = text.replace("../../build/actors", str(BUILD_ACTORS))
        text += f'private_addresses = true\ntls_authorities = "{server.certificate}"\n'
        manifest = self.folder / "relay.toml"
        manifest.write_text(text)
        self.port = free_port()
        self.metrics = free_port()
        return Node([manifest], self.data, {"listen": f"127.0.0.1:{self.port}",
                                            "host": "localhost", "port": str(port)},
                    options=("--metrics", self.metrics))

    def say(self, data):
        """What comes back for `data`, to the end or the break of the connection."""
        heard = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=WAIT_SECONDS) as client:
            sender = threading.Thread(target=self._send, args=(client, data), daemon=True)
            sender.start()
            try:
                while block := client.recv(65_536):
                    heard += block
            except ConnectionError:
                pass
            sender.join(WAIT_SECONDS)
        return heard

    @staticmethod
    def _send(client, data):
        try:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def test_carries_everything_to_its_end(self):
        print(f"seed {SEED}")
        chance = random.Random(SEED)
        server = self.server("localhost")
        data = [bytes(chance.choices(b"abcXYZ", k=chance.randrange(BYTES_MOST)))
                for _ in range(CLIENTS)]
        answers = [b""] * CLIENTS
        with self.relay(server, server.port) as node:
            def talk(index):
                answers[index] = self.say(data[index])
            threads = [threading.Thread(target=talk, args=(i,)) for i in range(CLIENTS)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(2 * WAIT_SECONDS)
            self.assertEqual(node.stop(), 0)
        for sent, heard in zip(data, answers):
            self.assertEqual(hashlib.sha256(heard).digest(),
                             hashlib.sha256(sent.swapcase()).digest(),
                             (len(sent), len(heard), node.text()))
        self.assert_chain_holds()

    def test_says_nothing_to_another(self):
        server = self.server("somebody.else")
        with self.relay(server, server.port) as node:
            self.assertEqual(self.say(b"secret"), b"")
            self.assertEqual(node.stop(), 0)
        self.assertEqual(server.heard, 0)
        self.assert_chain_holds()

    def test_a_client_that_does_not_read_is_not_read(self):
        server = self.server("localhost")
        block = b"x" * 65_536
        with self.relay(server, server.port) as node:
            self.assertEqual(self.say(b"before"), b"BEFORE")
            before, taken = node.resident_bytes(), 0
            with socket.create_connection(("127.0.0.1", self.port)) as client:
                client.setblocking(False)
                while taken < TAKEN_MAX and select.select([], [client], [], HELD_SECONDS)[1]:
                    taken += client.send(block)
                grown = node.resident_bytes() - before
                print(f"{taken >> 10} KiB taken, {grown >> 10} KiB grown")
                self.assertEqual(self.say(b"beside"), b"BESIDE")
                client.setblocking(True)
                client.settimeout(WAIT_SECONDS)
                sender = threading.Thread(target=client.shutdown, args=(socket.SHUT_WR,))
                sender.start()
                heard = 0
                while part := client.recv(1 << 20):
                    heard += len(part)
                sender.join(WAIT_SECONDS)
            self.assertEqual(node.stop(), 0)
        self.assertEqual(heard, taken)
        self.assertLess(taken, TAKEN_MAX)
        self.assertLess(grown, NODE_BYTES_MAX)
        self.assert_chain_holds()

    def passers(self, to="back"):
        """Two actors on two shards, of which one hands its visitors to the other."""
        self.port = free_port()
        folder = ROOT / "tests" / "guests" / "passer"
        variables = {"component": guest("passer"), "to": to, "listen": f"127.0.0.1:{self.port}"}
        return Node([folder / "front.toml", folder / "back.toml"], self.data, variables,
                    options=("--shards", 2))

    def visit(self, number, data):
        """What comes back for `data` beyond the greeting."""
        with socket.create_connection(("127.0.0.1", self.port), WAIT_SECONDS) as client:
            client.sendall(b"number %d" % number)
            greeting = b"a moment. front says: number %d" % number
            heard = b""
            while len(heard) < len(greeting) and (part := client.recv(100)):
                heard += part
            self.assertEqual(heard, greeting)
            sender = threading.Thread(target=self._send, args=(client, data), daemon=True)
            sender.start()
            heard = b""
            while part := client.recv(65_536):
                heard += part
            sender.join(WAIT_SECONDS)
        return heard

    def test_connections_go_from_actor_to_actor(self):
        print(f"seed {SEED}")
        chance = random.Random(SEED)
        data = [chance.randbytes(chance.randrange(BYTES_MOST)) for _ in range(CLIENTS)]
        with self.passers() as node:
            with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
                answers = list(pool.map(self.visit, range(CLIENTS), data))
            self.assertTrue(answers == data, [(len(a), len(b)) for a, b in zip(answers, data)])
            with socket.create_connection(("127.0.0.1", self.port), WAIT_SECONDS) as client:
                client.sendall(b"half")
                client.recv(100)
                node.kill()
        with self.passers() as node:
            self.assertEqual(self.visit(1, b"again"), b"again")
            self.assertEqual(node.stop(), 0)
        self.assert_chain_holds()
        self.assert_replay_opens_no_socket()

    def test_nobody_takes_it(self):
        with self.passers(to="nobody") as node:
            self.assertEqual(self.say(b"hello"), b"a moment. no such actor takes connections")
            self.assertEqual(node.stop(), 0)
        self.assert_chain_holds()

    def test_a_killed_node_goes_on(self):
        server = self.server("localhost")
        with self.relay(server, server.port) as node:
            self.assertEqual(self.say(b"before"), b"BEFORE")
            with socket.create_connection(("127.0.0.1", self.port), WAIT_SECONDS) as client:
                client.sendall(b"half of it")
                self.assertEqual(client.recv(100), b"HALF OF IT")
                node.kill()
                self.assertEqual(self.rest_of(client), b"")
        with self.relay(server, server.port) as node:
            self.assertEqual(self.say(b"after"), b"AFTER")
            self.assertEqual(node.stop(), 0)
        self.assert_chain_holds()
        self.assert_replay_opens_no_socket()

    @staticmethod
    def rest_of(client):
        try:
            return client.recv(100)
        except ConnectionError:
            return b""

    def test_faults(self):
        print(f"seed {SEED}")
        server = self.server("localhost")
        sent = b"what is sent " * 200
        whole = 0
        with FaultProxy(server.port, SEED) as proxy, self.relay(server, proxy.port) as node:
            for _ in range(CLIENTS):
                heard = self.say(sent)
                self.assertTrue(sent.swapcase().startswith(heard), heard[:100])
                whole += heard == sent.swapcase()
            wait_for_zero(self.metrics, ("tcp_connections", "tcp_held"), family="tcp")
            self.assertEqual(node.stop(), 0)
        self.assertGreater(whole, 0)
        self.assertLess(whole, CLIENTS)
        self.assert_chain_holds()


if __name__ == "__main__":
    support.main()
