"""http-client speaks HTTP/2 with a server of another maker (Node.js): exchanges share a connection;
what a server resets, refuses or leaves has one end, and so has what is cancelled or late; a body in
parts comes by credit, costs no more memory than that, and holds nobody else up.
"""

import json
import shutil
import subprocess
import time
import unittest
import urllib.request

import support
from support import ROOT, Node, free_port, guest
from tls_relay import make_certificate
from wire import Closed

SECONDS = 20
CREDIT = 1 << 20
SPARE = 8 << 20


@unittest.skipUnless(shutil.which("node"), "Node.js is not there")
class Http2Test(support.ActorTest):

    def setUp(self):
        super().setUp()
        certificate, key = make_certificate(self.folder)
        server = subprocess.Popen(["node", ROOT / "tests" / "h2_server.mjs", certificate, key],
                                  stdout=subprocess.PIPE, text=True)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        ports = json.loads(server.stdout.readline())
        self.url, self.page = f"https://127.0.0.1:{ports['port']}", ports["page"]
        self.port = free_port()
        self.node = self.enterContext(
            Node([ROOT / "tests" / "guests" / "courier" / "courier.toml"], self.data,
                 {"component": guest("courier"), "listen": f"127.0.0.1:{self.port}",
                  "allow": self.url, "authorities": certificate}))
        self.client = self.enterContext(self.connect("/courier"))
        self.told, self.ids = {}, {}

    def statistics(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.page}/", timeout=10) as answer:
            return json.load(answer)

    def closed(self, path):
        return self.statistics()["closed"].get(path, 0)

    def wait_for(self, what, probe):
        end = time.monotonic() + SECONDS
        while not (value := probe()):
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.02)
        return value

    def take(self, timeout=SECONDS):
        """One line of the courier, kept under its operation."""
        line = self.client.recv(timeout=timeout)
        number, what = line.split(" ", 1)
        self.assertNotEqual(number, "refused", line)
        if number == "begun":
            number, _ = what.split(" ", 1)
            self.told[int(number)] = []
            self.begun.append(int(number))
        else:
            self.told[int(number)].append(what)

    def begin(self, *lines):
        """Asks for all of it; the ids of the operations."""
        self.begun = []
        for line in lines:
            self.client.send(line)
        while len(self.begun) < len(lines):
            self.take()
        return self.begun

    @staticmethod
    def is_over(told):
        return bool(told) and not told[-1].startswith(("head ", "part "))

    def ends(self, ids):
        while not all(self.is_over(self.told[number]) for number in ids):
            self.take()
        return [self.told[number][-1] for number in ids]

    def ask(self, path, verb="whole", more=""):
        return self.ends(self.begin(f"{verb} {self.url}{path}{more}"))[0]

    def end(self):
        for number, told in self.told.items():
            self.assertEqual(sum(self.is_over([what]) for what in told), 1, (number, told))
        self.client.close()
        self.assertEqual(self.node.stop(), 0)
        self.assert_chain_holds()

    def test_exchanges_share_a_connection(self):
        ids = self.begin(*(f"whole {self.url}/slow?ms=300" for _ in range(40)))
        self.assertEqual(set(self.ends(ids)), {"200 4"})
        statistics = self.statistics()
        print(f"{len(ids)} exchanges: {statistics['sessions']} connections, "
              f"{statistics['most']} streams at once")
        self.assertEqual(statistics["sessions"], 1)
        self.assertEqual(statistics["most"], len(ids))
        self.assertEqual(self.ask("/echo", "post", " 1000000"), "200 7")
        self.assertEqual(self.ask("/big?count=200000"), "200 200000")
        self.assertEqual(self.ask("/big?count=9000000", "kept"), "too-large")
        self.assertEqual(self.ask("/big?count=8000000", "kept"), "200 0")
        self.assertEqual(self.ask("/big?count=8000000", "kept"), "full")
        self.assertEqual(self.ask("/hello"), "200 5")
        self.assertEqual(self.statistics()["sessions"], 1)
        self.end()

    def test_a_large_body_comes_by_credit_and_holds_nobody_up(self):
        count, before = 16_000_000, self.node.resident_bytes()
        (number,) = self.begin(f"parts {self.url}/big?count={count}")
        self.wait_for("the first part", lambda: self.has_part(number))
        for _ in range(10):  # beside it, which waits for credit
            self.assertEqual(self.ask("/hello"), "200 5")
        got = self.size(number)
        grown = self.node.resident_bytes() - before
        print(f"without credit {got} bytes came, {self.statistics()['sent']} were sent; the node "
              f"grew by {grown >> 20} MiB")
        self.assertLess(got, CREDIT)
        self.assertEqual(self.statistics()["plain"], 1, "it has a connection of its own")
        self.assertLess(grown, SPARE)
        while not self.is_over(self.told[number]):
            self.client.send(f"more {number} {CREDIT}")
            got = self.size(number)
            while self.size(number) < got + CREDIT and not self.is_over(self.told[number]):
                self.take()
        self.assertEqual(self.told[number][-1], f"200 {count}")
        self.assertEqual(self.size(number), count)
        self.end()

    def has_part(self, number):
        if self.size(number) == 0:
            self.take()
        return self.size(number) > 0

    def size(self, number):
        return sum(int(what[5:]) for what in self.told[number] if what.startswith("part "))

    def test_resets_are_errors_of_their_exchange_alone(self):
        beside = self.begin(*(f"whole {self.url}/slow?ms=500" for _ in range(5)))
        ids = self.begin(f"whole {self.url}/reset", f"whole {self.url}/cut",
                         f"kept {self.url}/cut")
        ends = self.ends(ids)
        print(f"reset: {ends}")
        self.assertLessEqual(set(ends), {"protocol", "closed"})
        self.assertEqual(set(self.ends(beside)), {"200 4"})
        self.assertEqual(self.ask("/hello"), "200 5")
        self.end()

    def test_a_server_that_goes_away(self):
        self.assertEqual(self.ask("/leave"), "200 4")
        self.assertEqual(self.ask("/hello"), "200 5")  # on another connection
        refused = self.ask("/refuse")  # safe to send again, or an error
        dropped = self.ask("/drop")
        print(f"refused: {refused}; dropped: {dropped}; {self.statistics()['asked']}")
        self.assertIn(refused, ("200 5", "protocol", "closed"))
        self.assertIn(dropped, ("protocol", "closed"))
        self.assertEqual(self.ask("/hello"), "200 5")
        self.end()

    def test_what_is_late_or_cancelled_is_reset_and_the_connection_stays(self):
        self.assertEqual(self.ask("/hello"), "200 5")
        self.assertEqual(self.ask("/hang", "brief", " 300"), "deadline")
        self.assertEqual(self.ask("/hello"), "200 5")  # libcurl sends the reset before it
        self.wait_for("the late stream is reset", lambda: self.closed("/hang") == 1)
        (number,) = self.begin(f"whole {self.url}/hang")
        self.wait_for("it is there", lambda: self.statistics()["asked"].get("/hang") == 2)
        self.client.send(f"cancel {number}")
        self.assertEqual(self.ends([number]), ["cancelled"])
        self.assertEqual(self.ask("/hello"), "200 5")
        self.wait_for("it is reset", lambda: self.closed("/hang") == 2)
        (number,) = self.begin(f"parts {self.url}/big?count=60000000")
        self.wait_for("its first part", lambda: self.has_part(number))
        self.client.send(f"cancel {number}")
        self.assertEqual(self.ends([number]), ["cancelled"])
        self.assertEqual(self.ask("/hello"), "200 5")
        self.wait_for("no stream is left", lambda: self.statistics()["streams"] == 0)
        self.wait_for("no download is left", lambda: self.statistics()["plain"] == 0)
        self.assertEqual(self.statistics()["sessions"], 1)
        self.end()

    def test_a_killed_node_asks_again(self):
        ids = self.begin(f"whole {self.url}/slow?ms=3000")
        self.wait_for("it is asked", lambda: self.statistics()["asked"].get("/slow") == 1)
        self.node.kill()
        with self.assertRaises((Closed, OSError)):
            self.client.recv(timeout=SECONDS)
        self.node = self.enterContext(
            Node([ROOT / "tests" / "guests" / "courier" / "courier.toml"], self.data,
                 {"component": guest("courier"), "listen": f"127.0.0.1:{self.port}",
                  "allow": self.url, "authorities": self.folder / "certificate.pem"}))
        self.wait_for("it is asked again", lambda: self.statistics()["asked"]["/slow"] == 2)
        self.assertEqual(len(ids), 1)
        self.assertEqual(self.node.stop(), 0)
        self.assert_chain_holds()


if __name__ == "__main__":
    support.main()
