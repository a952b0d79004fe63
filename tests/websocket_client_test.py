"""The mirror actor, a WebSocket client, passes kosoku's cases and serves other makers' servers; it
comes back to a server that was away."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import unittest

import support
from conformance_page import (BASE, CASES, KOSOKU, SERIES, WAYS, Tally, left_out, read_verdicts,
                              row_of, write_rows)
from metrics_test import scrape, value
from support import ACTORS, BUILD_ACTORS, ROOT, Node, free_port, theater_json
from tls_relay import TlsFront, make_certificate

try:
    from websockets.sync.server import serve
except ImportError:
    serve = None

NODE_MODULES = ROOT / "build" / "tools" / "node" / "node_modules"
IS_ALL = os.environ.get("CONFORMANCE") == "all"
SAMPLE = (*BASE[0], "12.1.3", "13.1.3")
CASES_SECONDS = 1200
REPORT_SECONDS = 60
SIZES = (0, 1, 125, 126, 65535, 65536, 1 << 20)


class WebSocketClientTest(support.ActorTest):

    def mirror(self, port):
        return Node([ACTORS / "mirror" / "mirror.toml"], self.data,
                    {"server": f"ws://127.0.0.1:{port}"})

    def mirror_by(self, way, port, data):
        """A mirror whose grant is for this way to connect."""
        text = (ACTORS / "mirror" / "mirror.toml").read_text()
        text = text.replace("../../build/actors", str(BUILD_ACTORS))
        scheme = "ws"
        if "TLS" in way:
            scheme = "wss"
            text = text.replace('allow = [', f'tls_authorities = "{self.certificate[0]}"\n'
                                             'allow = ["wss://127.0.0.1:*", ')
        if "deflate" not in way:
            text = text.replace("deflate = true", "deflate = false")
        manifest = self.folder / "mirror.toml"
        manifest.write_text(text)
        return Node([manifest], data, {"server": f"{scheme}://127.0.0.1:{port}"})

    def run_cases(self, tally, way, cases):
        """A mirror goes through the cases of a kosoku; its chain holds."""
        port, report = free_port(), self.folder / "report"
        data = self.folder / f"data-{tally.cases()}"
        shutil.rmtree(report, ignore_errors=True)
        begun = time.monotonic()
        includes = [word for case in cases for word in ("-i", case)]
        server = subprocess.Popen([sys.executable, CASES, "-m", "fuzzingserver",
                                   f"127.0.0.1:{port}", *includes, "-o", report],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait, 10)
        self.addCleanup(server.kill)
        wait_for_listener(port)
        with contextlib.ExitStack() as stack:
            if "TLS" in way:
                self.certificate = make_certificate(self.folder)
                port = stack.enter_context(TlsFront(port, *self.certificate)).port
            node = stack.enter_context(self.mirror_by(way, port, data))
            self.assertEqual(node.wait(CASES_SECONDS), 0)
        server.wait(REPORT_SECONDS)  # it writes its report and ends
        verdicts = read_verdicts(report)
        self.assertEqual(left_out(cases, verdicts), [])
        tally.add(verdicts, time.monotonic() - begun)
        self.assert_chain_holds(data)
        shutil.rmtree(data)

    def report(self, way, tally):
        print(f"kosoku, client, {way}: {tally.cases()} cases, {len(tally.failed)} failed, "
              f"{tally.seconds:.0f} s", flush=True)
        self.assertFalse(tally.failed)

    @unittest.skipIf(IS_ALL, "all of it is run instead")
    @unittest.skipUnless(KOSOKU.exists(), "kosoku is not installed (tools/setup --tests)")
    def test_kosoku(self):
        tally = Tally()
        self.run_cases(tally, "deflate", SAMPLE)
        self.report("deflate", tally)
        self.assertGreaterEqual(tally.cases(), 200)

    @unittest.skipUnless(IS_ALL, "CONFORMANCE=all runs every case")
    @unittest.skipUnless(KOSOKU.exists(), "kosoku is not installed (tools/setup --tests)")
    def test_everything(self):
        rows = []
        for way in WAYS:
            tally = Tally()
            self.run_cases(tally, way, [case for cases in BASE for case in cases])
            base = tally.cases()
            for series in SERIES if "deflate" in way else ():
                self.run_cases(tally, way, (f"{series}.*",))
                print(f"{way}: {series} is done, failed: {tally.failed or 'none'}", flush=True)
            rows.append(row_of(way, base, tally))
            write_rows("client", rows)
            self.report(way, tally)

    def test_ends_as_failed_without_a_server(self):
        port = free_port()
        result = support.theater("run", ACTORS / "mirror" / "mirror.toml", "--data", self.data,
                                 "--var", f"server=ws://127.0.0.1:{port}")
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn(f"ws://127.0.0.1:{port}: unreachable: ", result.stderr)
        self.assert_chain_holds()

    def test_python_websockets(self):
        if serve is None:
            self.skipTest("websockets is not installed (tools/setup --tests)")
        mirrored = []

        def handle(connection):
            if connection.request.path == "/getCaseCount":
                connection.send("1")
            elif connection.request.path.startswith("/runCase"):
                for size in SIZES:
                    for message in ("\u00e9" * (size // 2), bytes(size)):
                        connection.send(message)
                        mirrored.append(connection.recv(timeout=20) == message)
                connection.send(["frag", "ment", "ed"])
                mirrored.append(connection.recv(timeout=20) == "fragmented")
                connection.ping().wait(10)

        port = free_port()
        with serve(handle, "127.0.0.1", port, max_size=None) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            with self.mirror(port) as node:
                self.assertEqual(node.wait(60), 0)
            server.shutdown()
            thread.join()
        self.assertEqual(mirrored, [True] * (2 * len(SIZES) + 1))
        self.assert_chain_holds()

    @unittest.skipUnless(shutil.which("node") and (NODE_MODULES / "ws").exists(),
                         "ws is not installed (tools/setup --tests)")
    def test_npm_ws(self):
        port = free_port()
        server = subprocess.Popen(["node", ROOT / "tests" / "ws_server.mjs", str(port),
                                   NODE_MODULES / "ws", *map(str, SIZES)],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(server.wait, 10)
        self.addCleanup(server.kill)
        wait_for_listener(port)
        with self.mirror(port) as node:
            self.assertEqual(node.wait(60), 0)
        output, _ = server.communicate(timeout=10)
        self.assertIn(f"{2 * len(SIZES)} messages came back; closed with 4001", output)


@unittest.skipIf(serve is None, "websockets is not installed (tools/setup --tests)")
class ReconnectTest(support.ActorTest):
    """A server that goes away is tried again, at growing distances, so often and no more."""

    def mirror(self, port, tries):
        text = (ACTORS / "mirror" / "mirror.toml").read_text()
        text = text.replace("../../build/actors", str(BUILD_ACTORS))
        grant = "[grants.websocket-client]\n"
        more = (f'reconnect = true\nreconnect_tries = {tries}\nreconnect_min = "20ms"\n'
                'reconnect_max = "200ms"\n')
        self.assertIn(grant, text)
        manifest = self.folder / "mirror.toml"
        manifest.write_text(text.replace(grant, grant + more))
        self.metrics = free_port()
        return Node([manifest], self.data, {"server": f"ws://127.0.0.1:{port}"},
                    options=("--metrics", self.metrics))

    def retries(self):
        return value(scrape(self.metrics), "theater_websocket_client_retries_total")

    @contextlib.contextmanager
    def server(self, port, handle):
        with serve(handle, "127.0.0.1", port) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            self.listener = server.socket
            try:
                yield
            finally:
                server.shutdown()
                thread.join()

    def handle(self, connection):
        """One case, in which nobody listens any more and then the first connection is cut off."""
        path = connection.request.path
        if path == "/getCaseCount":
            connection.send("1")
        elif path.startswith("/runCase"):
            self.heard.append(self.mirrored(connection, f"visit {len(self.heard) + 1}"))
            if len(self.heard) == 1:
                self.listener.shutdown(socket.SHUT_RDWR)
                self.is_cut.set()
                connection.socket.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def mirrored(connection, text):
        connection.send(text)
        return connection.recv(timeout=20)

    def cut_off(self, port, tries):
        """A node; a server was there until the case's connection was cut off, then nobody."""
        self.heard, self.is_cut = [], threading.Event()
        with self.server(port, self.handle):
            node = self.enterContext(self.mirror(port, tries))
            self.assertTrue(self.is_cut.wait(20))
        return node

    def told(self):
        """What the chain says of connections: "opened", "retrying 1", "closed", in order."""
        events = theater_json("chain", self.data, "--actor", "mirror", "--payloads")
        waves = " ".join(payload.get("wave", "") for event in events
                         for payload in event["inputs"])
        return [" ".join(filter(None, found)) for found in
                re.findall(r"\b(opened|closed|retrying)\((\d*)", waves)]

    def test_a_server_comes_back(self):
        port = free_port()
        node = self.cut_off(port, tries=1000)
        end = time.monotonic() + 20
        while self.retries() < 4:
            self.assertLess(time.monotonic(), end, "nobody tries")
            time.sleep(0.02)
        with self.server(port, self.handle):
            self.assertEqual(node.wait(60), 0)
        self.assertEqual(self.heard, ["visit 1", "visit 2"])
        told = self.told()
        tries = len([each for each in told if each.startswith("retrying")])
        print(f"back after {tries} tries")
        self.assertGreaterEqual(tries, 4)
        self.assertEqual(told, ["opened", "closed", "opened",
                                *(f"retrying {number + 1}" for number in range(tries)),
                                "opened", "closed", "opened", "closed"])
        self.assert_chain_holds()

    def test_a_server_never_comes_back(self):
        self.cut_off(free_port(), tries=3).wait(60)
        tries = ["retrying 1", "retrying 2", "retrying 3"]
        self.assertEqual(self.told()[:7], ["opened", "closed", "opened", *tries, "closed"])
        self.assertEqual(self.heard, ["visit 1"])
        self.assert_chain_holds()


def wait_for_listener(port, seconds=20):
    """Until somebody listens there."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nobody listens on {port}")


if __name__ == "__main__":
    support.main()
