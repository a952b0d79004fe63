"""What waits is listed with its deadline: operations and parked requests by the node that is at it,
operations by its chain too once it was killed; an address where no node is, or no number, is an
error.
"""

import json
import time

import support
from raw_http import RawClient, get
from support import theater, theater_json
from wire import http_get

WAIT_SECONDS = 30
RUNTIME_SECONDS = 50
MANIFEST = """
name = "sorter"
component = "{component}"
[grants.process]
programs = {{ sort = "{program}" }}
runtime = "{runtime}s"
[grants.runtime]
[limits]
memory = "16MiB"
"""


class OpsTest(support.ActorTest):

    def setUp(self):
        super().setUp()
        program = self.folder / "sleeper"
        program.write_text("#!/bin/sh\nexec sleep 60\n")
        program.chmod(0o755)
        self.manifest = self.folder / "sorter.toml"
        self.manifest.write_text(MANIFEST.format(component=support.BUILD_ACTORS / "sorter.wasm",
                                                 program=program, runtime=RUNTIME_SECONDS))
        self.metrics = f"127.0.0.1:{support.free_port()}"

    def node(self):
        return support.Node([self.manifest], self.data, options=["--metrics", self.metrics])

    def wait_for(self, place, phase):
        """The one operation that waits, once it is in that phase (if the place says one)."""
        end = time.monotonic() + WAIT_SECONDS
        while True:
            items = theater_json("ops", place)
            if len(items) == 1 and items[0]["phase"] == phase:
                return items[0]
            self.assertLess(time.monotonic(), end, items)
            time.sleep(0.05)

    def get(self, path):
        host, port = self.metrics.split(":")
        return http_get((host, int(port)), path)

    def check(self, item):
        self.assertEqual((item["actor"], item["what"], item["id"], item["attempt"]),
                         ("sorter", "operation", 1, 1))
        self.assertEqual(item["function"], "theater:actor/process@0.1.0#spawn")
        self.assertIn('"sort"', item["arguments"])
        self.assertLess(abs(item["since_us"] / 1e6 - time.time()), WAIT_SECONDS)
        self.assertLess(abs(item["deadline_us"] - item["since_us"] - RUNTIME_SECONDS * 1e6), 1e6)

    def test_a_running_node_and_its_chain_say_what_waits_and_until_when(self):
        with self.node() as node:
            live = self.wait_for(self.metrics, "running")
            self.check(live)
            text = theater("ops", self.metrics).stdout
            self.assertRegex(text, r"sorter +operation +1 +since .* running  until ")
            self.check(self.wait_for(self.data, ""))
            node.kill()
        item = self.wait_for(self.data, "")
        self.check(item)
        self.assertEqual(item["arguments"], live["arguments"])
        self.assertRegex(theater("ops", self.data).stdout, r"since .* until ")

    def test_the_page_has_one_object_a_line(self):
        with self.node() as node:
            self.wait_for(self.metrics, "running")
            status, _, body = self.get("/operations")
            self.assertEqual(status, 200)
            lines = body.decode().splitlines()
            self.assertEqual([json.loads(line)["actor"] for line in lines], ["sorter"])
            self.assertEqual(self.get("/operation")[0], 404)
            self.assertEqual(node.stop(), 0, node.text())

    def test_a_parked_request_is_listed_until_it_is_answered(self):
        port = support.free_port()
        with support.Node([support.ACTORS / "board" / "board.toml"], self.data,
                          {"listen": f"127.0.0.1:{port}"},
                          options=["--metrics", self.metrics]) as node:
            with RawClient(port) as poll, RawClient(port) as writer:
                poll.send(get("/api/notes?after=0"))
                item = self.wait_for(self.metrics, "parked")
                self.assertEqual((item["actor"], item["what"]), ("board", "request"))
                self.assertEqual(item["arguments"], "(GET /api/notes?after=0)")
                self.assertGreater(item["deadline_us"], item["since_us"])
                self.assertRegex(theater("ops", self.metrics).stdout,
                                 r"board +request +\d+ +since .*after=0\)  parked  until ")
                writer.send(b"POST /api/notes HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nhi")
                self.assertEqual(writer.read().status, 201)
                self.assertEqual(poll.read().status, 200)
                self.assertEqual(theater_json("ops", self.metrics), [])
            self.assertEqual(node.stop(), 0, node.text())

    def test_where_no_node_is_there_is_an_error(self):
        for place in (self.metrics, "127.0.0.1:1", "9.9.9:1", str(self.folder / "none")):
            result = theater("ops", place, seconds=30)
            self.assertEqual(result.returncode, 1, (place, result.stdout))
            self.assertIn(place.split(":")[0][:3], result.stderr)


if __name__ == "__main__":
    support.main()
