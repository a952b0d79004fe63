"""A guest that waits for the host: `ops` says for what, since when and until when, of a running
node and of a chain; after kill -9 the event it was handling is delivered again, and what it had
asked for is not done a second time.
"""

import http.server
import threading
import time

import support
from support import theater, theater_json

WAIT_SECONDS = 30
DEADLINE_SECONDS = 50  # waiter.toml
FUNCTION = "theater:actor/http-client@0.1.0#send-wait"


class SlowServer(http.server.ThreadingHTTPServer):
    """Notes what it is asked, and answers when it may."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), SlowHandler)
        self.bodies = []
        self.may_answer = threading.Event()

    def handle_error(self, *_):
        pass  # a client that was killed


class SlowHandler(http.server.BaseHTTPRequestHandler):

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(body.decode())
        self.server.may_answer.wait(WAIT_SECONDS)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class WaitsTest(support.ActorTest):

    def setUp(self):
        super().setUp()
        self.server = SlowServer()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.addCleanup(self.server.may_answer.set)
        self.metrics = f"127.0.0.1:{support.free_port()}"

    def node(self):
        url = f"http://127.0.0.1:{self.server.server_port}"
        return support.Node([support.ROOT / "tests" / "guests" / "waiter" / "waiter.toml"],
                            self.data, {"component": support.guest("waiter"), "url": url},
                            options=["--metrics", self.metrics])

    def wait_until(self, holds, what):
        end = time.monotonic() + WAIT_SECONDS
        while not holds():
            self.assertLess(time.monotonic(), end, what())
            time.sleep(0.02)

    def wait_for_wait(self, place):
        items = []
        self.wait_until(lambda: items.append(theater_json("ops", place)) or items[-1],
                        lambda: "nothing waits")
        self.assertEqual(len(items[-1]), 1, items[-1])
        return items[-1][0]

    def check(self, item):
        self.assertEqual((item["actor"], item["what"], item["function"]),
                         ("waiter", "wait", FUNCTION))
        self.assertIn("\"POST\"", item["arguments"])
        self.assertLess(abs(item["since_us"] / 1e6 - time.time()), WAIT_SECONDS)
        self.assertLess(abs(item["deadline_us"] - item["since_us"] - DEADLINE_SECONDS * 1e6), 1e6)

    def test_a_wait_is_listed_and_made_once_and_its_event_comes_again(self):
        with self.node() as node:
            self.wait_until(lambda: self.server.bodies == ["1"], lambda: self.server.bodies)
            live = self.wait_for_wait(self.metrics)
            self.check(live)
            self.assertRegex(theater("ops", self.metrics).stdout, r"waiter +wait .* until ")
            stored = self.wait_for_wait(self.data)
            self.check(stored)
            self.assertEqual([stored[key] for key in ("id", "arguments")],
                             [live[key] for key in ("id", "arguments")])
            node.kill()
        self.assertEqual(self.wait_for_wait(self.data)["id"], live["id"])
        self.server.may_answer.set()
        with self.node() as node:
            self.wait_until(lambda: "asked 2: 200" in node.text(), node.text)
            self.assertIn("asked 1: interrupted", node.text())
            self.assertEqual(self.server.bodies[:2], ["1", "2"])
            self.assertEqual(node.stop(), 0, node.text())
        self.assertEqual(theater_json("ops", self.data), [])
        self.assert_chain_holds()


if __name__ == "__main__":
    support.main()
