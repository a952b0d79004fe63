"""The fetch actor gets one answer for each request, whatever a server or the way to it does.

No name, redirect or spelling leads it to an address that its grant does not allow."""

import collections
import http.server
import threading
import time
import unittest

import support
from fault_proxy import FaultProxy
from metrics_test import wait_for_zero
from support import ACTORS, BUILD_ACTORS, Node, free_port

SEED = 20261125
REQUESTS = 40
BODY = b"x" * 20_000


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked = []

    def do_GET(self):
        Handler.asked.append(self.path)
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/secret")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        if self.path == "/slow":
            self.end_headers()
            self.dribble()
            return
        if self.path.startswith("/once/"):  # so that each has a connection of its own
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(BODY)

    def dribble(self):
        for begin in range(0, len(BODY), 1000):
            self.wfile.write(BODY[begin:begin + 1000])
            time.sleep(0.05)

    def log_message(self, *_):
        pass


class HttpClientTest(support.ActorTest):

    def setUp(self):
        super().setUp()
        Handler.asked = []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def fetcher(self, allow, more=""):
        text = (ACTORS / "fetch" / "fetch.toml").read_text()
        text = text.replace("../../build/actors", str(BUILD_ACTORS))
        manifest = self.folder / "fetch.toml"
        manifest.write_text(text.replace("[grants.http-client]\n", f"[grants.http-client]\n{more}"))
        self.port = free_port()
        self.metrics = free_port()
        return Node([manifest], self.data,
                    {"listen": f"127.0.0.1:{self.port}", "allow": allow},
                    options=("--metrics", self.metrics))

    def ask(self, client, url):
        """What came, or the code of the error: its message is left out."""
        client.send(url)
        answer = client.recv()
        self.assertTrue(answer.startswith(url + ": "), answer)
        return answer[len(url) + 2:].split(": ")[0]

    def test_fetches(self):
        url = f"http://127.0.0.1:{self.server.server_port}"
        with self.fetcher(url, "private_addresses = true\n") as node:
            client = self.connect("/fetch")
            self.assertEqual(self.ask(client, url + "/a"), f"200, {len(BODY)} bytes")
            self.assertEqual(self.ask(client, url + "/redirect"), "302, 0 bytes")
            self.assertEqual(self.ask(client, url.replace("http:", "https:")), "denied")
            self.assertEqual(self.ask(client, "http://127.1/"), "invalid")
            client.close()
            self.assertEqual(node.stop(), 0)
        self.assertEqual(Handler.asked, ["/a", "/redirect"])
        self.server.shutdown()
        self.assert_chain_holds()

    def test_what_is_watched_tells_how_far_it_is_and_replays(self):
        url = f"http://127.0.0.1:{self.server.server_port}/slow"
        with self.fetcher(url, "private_addresses = true\n") as node:
            client = self.connect("/fetch")
            client.send("watch " + url)
            told = [client.recv()]
            while " of " in told[-1]:
                told.append(client.recv())
            client.close()
            self.assertEqual(node.stop(), 0)
        self.assertEqual(told.pop(), f"{url}: 200, {len(BODY)} bytes")
        print(told)
        steps = [int(line.split()[-3]) for line in told]
        self.assertEqual([line.split()[-1] for line in told], [str(len(BODY))] * len(told))
        self.assertTrue(1 <= len(steps) <= 20, steps)  # a second's, each 200 ms; or a slow one's
        self.assertEqual(steps, sorted(set(steps)))
        self.server.shutdown()
        self.assert_chain_holds()

    def test_redirects_are_followed_where_the_grant_says_so(self):
        url = f"http://127.0.0.1:{self.server.server_port}"
        more = "private_addresses = true\nredirects = 1\n"
        with self.fetcher(f"{url}/redirect", more) as node:  # /secret is not granted
            client = self.connect("/fetch")
            self.assertEqual(self.ask(client, url + "/redirect"), "denied")
            client.close()
            self.assertEqual(node.stop(), 0)
        self.assertEqual(Handler.asked, ["/redirect"])
        with self.fetcher(url, more) as node:
            client = self.connect("/fetch")
            self.assertEqual(self.ask(client, url + "/redirect"), f"200, {len(BODY)} bytes")
            client.close()
            self.assertEqual(node.stop(), 0)
        self.assertEqual(Handler.asked[1:], ["/redirect", "/secret"])
        self.server.shutdown()

    def test_no_name_leads_to_a_private_address(self):
        port = self.server.server_port
        with self.fetcher(f"http://*:{port}") as node:
            client = self.connect("/fetch")
            for host in ("localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"):
                self.assertEqual(self.ask(client, f"http://{host}:{port}/"), "denied", host)
            for host in ("127.1", "0x7f000001", "2130706433", "0177.0.0.1"):
                self.assertEqual(self.ask(client, f"http://{host}:{port}/"), "invalid", host)
            client.send(f"http://localhost:{port}/")
            self.assertIn("private", client.recv())  # it says why
            client.close()
            self.assertEqual(node.stop(), 0)
        self.assertEqual(Handler.asked, [])

    def test_faults(self):
        print(f"seed {SEED}")
        with FaultProxy(self.server.server_port, SEED) as proxy:
            url = f"http://127.0.0.1:{proxy.port}"
            with self.fetcher(url, "private_addresses = true\n") as node:
                client = self.connect("/fetch")
                answers = [self.ask(client, f"{url}/once/{number}") for number in range(REQUESTS)]
                wait_for_zero(self.metrics, ("http_client_exchanges", "http_client_sockets"),
                              family="http-client")
                client.close()
                self.assertEqual(node.stop(), 0)
        good = f"200, {len(BODY)} bytes"
        print(collections.Counter(answers), proxy.counts)
        self.assertLessEqual(set(answers), {good, "closed", "deadline"})
        self.assertGreater(answers.count(good), 0)
        self.assertGreater(answers.count("closed"), 0)
        self.assertTrue(all(proxy.counts.values()), proxy.counts)
        self.assert_chain_holds()


if __name__ == "__main__":
    support.main()
