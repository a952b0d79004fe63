"""The mirror actor, a WebSocket client, passes kosoku's cases and serves other makers' servers."""

import json
import shutil
import socket
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path

import support
from support import ACTORS, ROOT, Node, free_port

KOSOKU = Path(sys.executable).parent / "kosoku"
CASES = ROOT / "tests" / "kosoku_cases.py"
NODE_MODULES = ROOT / "build" / "tools" / "node" / "node_modules"
GROUPS = tuple(f"{group}.*" for group in (1, 2, 3, 4, 5, 6, 7, 10)) + ("12.1.3", "13.1.3")
PASSED = {"OK", "NON-STRICT", "INFORMATIONAL"}
CASES_SECONDS = 300
REPORT_SECONDS = 60
SIZES = (0, 1, 125, 126, 65535, 65536, 1 << 20)


class WebSocketClientTest(support.ActorTest):

    def mirror(self, port):
        return Node([ACTORS / "mirror" / "mirror.toml"], self.data,
                    {"server": f"ws://127.0.0.1:{port}"})

    @unittest.skipUnless(KOSOKU.exists(), "kosoku is not installed (tools/setup --tests)")
    def test_kosoku(self):
        port, report = free_port(), self.folder / "report"
        includes = [word for case in GROUPS for word in ("-i", case)]
        server = subprocess.Popen([sys.executable, CASES, "-m", "fuzzingserver",
                                   f"127.0.0.1:{port}", *includes, "-o", report],
                                  stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait, 10)
        self.addCleanup(server.kill)
        wait_for_listener(port)
        with self.mirror(port) as node:
            self.assertEqual(node.wait(CASES_SECONDS), 0)
        server.wait(REPORT_SECONDS)  # it writes its report and ends
        verdicts = {case: result["behavior"]
                    for agent in json.loads((report / "index.json").read_text()).values()
                    for case, result in agent.items()}
        failed = {case: verdict for case, verdict in verdicts.items() if verdict not in PASSED}
        self.assertFalse(failed)
        print(f"kosoku, client: {len(verdicts)} cases, 0 failed")
        self.assertGreaterEqual(len(verdicts), 200)
        self.assert_chain_holds()

    def test_python_websockets(self):
        try:
            from websockets.sync.server import serve
        except ImportError:
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
