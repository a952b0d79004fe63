"""The redis family against a real server: what a client is told is in the server, nothing twice;
messages of other nodes arrive; a server that is killed or hangs, or a way that harms what passes,
ends what is under way and nothing else; replay opens no connection."""

import collections
import signal
import time
import unittest

import redis_server
import support
from fault_proxy import FaultProxy
from metrics_test import wait_for_zero
from support import ACTORS, BUILD_ACTORS, Node, free_port
from tls_relay import make_certificate
from wire import Wire

WAIT_SECONDS = 20
NOTES = 500
AT_ONCE = 100  # on their way to the server
SEED = 20261126
ROUNDS = 30  # through the proxy
ADDS = 5  # in each


@unittest.skipUnless(redis_server.is_installed(),
                     "redis-server is not installed (tools/setup --tests)")
class RedisTest(support.ActorTest):

    def start_server(self, **how):
        self.server = redis_server.RedisServer(**how)
        self.addCleanup(self.server.stop)

    def scores(self, data=None, port=None, more=""):
        """A node with the actor; `more` is said of its server."""
        self.port = free_port()
        text = (ACTORS / "scores" / "scores.toml").read_text()
        text = text.replace("../../build/actors", str(BUILD_ACTORS))
        table = "[grants.redis.servers.table]\n"
        manifest = self.folder / "scores.toml"
        manifest.write_text(text.replace(table, table + more))
        self.metrics = free_port()
        return Node([manifest], data or self.data,
                    {"listen": f"127.0.0.1:{self.port}",
                     "redis": f"127.0.0.1:{port or self.server.port}"},
                    options=("--metrics", self.metrics))

    def wait_for_subscribers(self, count):
        end = time.monotonic() + WAIT_SECONDS
        while self.server.command("PUBSUB", "NUMSUB", "scores").split()[-1:] != [str(count)]:
            self.assertLess(time.monotonic(), end, "nobody subscribes")
            time.sleep(0.05)

    def answer(self, client, news=None):
        """The next line that is no news; news are kept in `news`."""
        while True:
            line = client.recv()
            if not line.startswith("news: "):
                return line
            if news is not None:
                news.append(line)

    def assert_added(self, client):
        client.send("add a 1")
        self.assertEqual(self.answer(client)[:3], "ok:")

    def assert_fails(self, client):
        client.send("add a 1")
        self.assertEqual(self.answer(client)[:7], "error: ")

    def test_two_nodes_share_a_table(self):
        self.start_server()
        with self.scores() as first:
            here = self.connect("/scores")
            with self.scores(self.folder / "other") as second:
                there = Wire(f"ws://127.0.0.1:{self.port}/scores")
                self.wait_for_subscribers(2)
                heard = []
                for first_number in range(0, NOTES, AT_ONCE):
                    for number in range(first_number, first_number + AT_ONCE):
                        here.send(f"add player{number % 10} {number}")
                    for _ in range(AT_ONCE):
                        self.assertEqual(self.answer(here)[:3], "ok:")
                while len(heard) < NOTES:
                    heard.append(there.recv())
                self.assertEqual(heard[-1], f"news: player9 +{NOTES - 1}")
                there.send("top")
                self.assertTrue(self.answer(there).startswith("ok: player9 player8"))
                table = self.server.command("ZRANGE", "t", "0", "-1", "WITHSCORES").split()
                self.assertEqual(sum(map(int, table[1::2])), sum(range(NOTES)))
                there.send("add x words")
                self.assertIn("error: ", self.answer(there))
                there.close()
                self.assertEqual(second.stop(), 0)
            here.close()
            self.assertEqual(first.stop(), 0)
        self.server.stop()
        self.assert_chain_holds()
        self.assert_chain_holds(self.folder / "other")

    def test_password_database_and_tls(self):
        certificate = make_certificate(self.folder)
        self.start_server(password="s3cret", tls=certificate)
        secret = self.folder / "secret"
        secret.write_text("s3cret\n")
        more = (f'tls = true\ntls_authorities = "{certificate[0]}"\ndatabase = 3\n'
                f'password_file = "{secret}"\n')
        with self.scores(more=more) as node:
            client = self.connect("/scores")
            self.wait_for_subscribers(1)
            self.assert_added(client)
            self.assertEqual(self.server.command("-n", "3", "ZSCORE", "t", "a"), "1")
            client.close()
            self.assertEqual(node.stop(), 0)
        secret.write_text("another\n")
        with self.scores(more=more) as node:
            client = self.connect("/scores")
            self.assert_fails(client)
            client.close()
            self.assertEqual(node.stop(), 0)
        with self.scores(self.folder / "plain", more=f'password_file = "{secret}"\n') as node:
            client = self.connect("/scores")
            self.assert_fails(client)
            client.close()
            self.assertEqual(node.stop(), 0)
        self.assertEqual(self.server.command("-n", "3", "ZSCORE", "t", "a"), "1")
        self.assert_chain_holds()
        for folder in (self.data, self.folder / "plain"):
            for file in folder.rglob("*"):
                if file.is_file():
                    self.assertNotIn(b"s3cret", file.read_bytes(), file)

    def test_a_server_that_hangs_dies_or_dies_in_mid_command(self):
        self.start_server()
        with self.scores() as node:
            client = self.connect("/scores")
            self.wait_for_subscribers(1)
            self.assert_added(client)
            self.server.send(signal.SIGSTOP)
            self.assert_fails(client)
            self.server.send(signal.SIGCONT)
            self.assert_added(client)
            self.server.send(signal.SIGSTOP)
            client.send("add a 1")
            self.server.stop()
            self.assertEqual(self.answer(client)[:7], "error: ")
            self.assert_fails(client)
            self.server.start()
            self.assert_added(client)
            self.wait_for_subscribers(1)
            self.server.command("PUBLISH", "scores", "hello")
            while client.recv() != "news: hello":
                pass
            client.close()
            self.assertEqual(node.stop(), 0)
        self.assert_chain_holds()

    def test_a_killed_node_goes_on_listening(self):
        self.start_server()
        with self.scores() as node:
            client = self.connect("/scores")
            self.wait_for_subscribers(1)
            self.assert_added(client)
            node.kill()
        with self.scores() as node:
            client = self.connect("/scores")
            self.wait_for_subscribers(1)
            self.server.command("PUBLISH", "scores", "again")
            self.assertEqual(client.recv(), "news: again")
            client.close()
            self.assertEqual(node.stop(), 0)
        self.server.stop()
        self.assert_chain_holds()
        self.assert_replay_opens_no_socket()

    def test_faults(self):
        print(f"seed {SEED}")
        self.start_server()
        answers = collections.Counter()
        with FaultProxy(self.server.port, SEED) as proxy, self.scores(port=proxy.port) as node:
            client = self.connect("/scores")
            for _ in range(ROUNDS):
                for _ in range(ADDS):
                    client.send("add a 1")
                for _ in range(ADDS):
                    answers[self.answer(client).split(":")[0]] += 1
                self.server.command("CLIENT", "KILL", "TYPE", "normal")
            wait_for_zero(self.metrics, ("redis_inflight",), family="redis")
            client.close()
            self.assertEqual(node.stop(), 0)
        added = int(self.server.command("ZSCORE", "t", "a"))
        print(answers, f"{added} added", proxy.counts)
        self.assertEqual(sum(answers.values()), ROUNDS * ADDS)
        self.assertLessEqual(answers["ok"], added)
        self.assertLessEqual(added, ROUNDS * ADDS)
        self.assertGreater(answers["ok"], 0)
        self.assertGreater(answers["error"], 0)
        self.assert_chain_holds()


if __name__ == "__main__":
    support.main()
