"""Clients of other makers are served; slow, many and too many clients harm nobody else."""

import json
import resource
import shutil
import subprocess
import time
import unittest

import support
from support import ROOT, theater_json
from wire import Closed, Refused

IDLE_CONNECTIONS = 5000
IDLE_BYTES_MAX = 8 * 1024  # of server memory for each idle connection
FEW_DESCRIPTORS = 64
NODE_MODULES = ROOT / "build" / "tools" / "node" / "node_modules"
SIZES = (0, 1, 125, 126, 65535, 65536, 1 << 20)


def raise_descriptor_limit(wanted):
    """Allows this process, and the nodes it starts, more descriptors; says whether it could."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= wanted:
        return True
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(hard, wanted)))
    except (OSError, ValueError):
        return False
    return True


class InteropTest(support.ActorTest):

    def test_python_websockets(self):
        try:
            from websockets.sync.client import connect
        except ImportError:
            self.skipTest("websockets is not installed (tools/setup --tests)")
        with self.node("echo"), connect(self.address("/echo"), max_size=None, proxy=None) as client:
            for size in SIZES:
                for message in ("\u00e9" * (size // 2), bytes(size)):
                    client.send(message)
                    self.assertEqual(client.recv(timeout=20), message)
            client.send(["frag", "ment", "ed"])
            self.assertEqual(client.recv(timeout=20), "fragmented")
            client.ping().wait(10)
            client.close(4001, "enough")
            self.assertEqual(client.close_code, 4001)

    @unittest.skipUnless(shutil.which("node") and (NODE_MODULES / "ws").exists(),
                         "ws is not installed (tools/setup --tests)")
    def test_npm_ws(self):
        with self.node("echo"):
            script = ROOT / "tests" / "ws_client.mjs"
            run = subprocess.run(["node", script, self.address("/echo"), NODE_MODULES / "ws",
                                  *map(str, SIZES)], capture_output=True, text=True, timeout=60)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertIn(f"{2 * len(SIZES)} messages came back; closed with 4001", run.stdout)


class CrowdTest(support.ActorTest):

    def test_a_reader_that_never_reads_is_closed_and_slows_nobody(self):
        with self.node("chat") as node, self.connect("/ws", receive_buffer=4096) as slow, \
                self.connect("/ws") as writer, self.connect("/ws") as reader:
            text, sent, slowest = "x" * 32_000, 0, 0.0
            while not self.slow_one_is_closed():
                self.assertLess(sent, 4000, "the slow reader was never closed")
                for _ in range(50):
                    started = time.monotonic()
                    writer.send(text)
                    for client in (writer, reader):
                        self.assertEqual(json.loads(client.recv())["text"], text)
                    slowest = max(slowest, time.monotonic() - started)
                    sent += 1
            print(f"closed with 1013 after {sent} messages; slowest for others {slowest:.3f} s")
            self.assertLess(slowest, 2.0)
            self.assertIn(slow.wait_closed(), (1013, 1006))
            self.assertEqual(node.stop(), 0)
        self.assert_chain_holds()

    def slow_one_is_closed(self):
        """Whether the chain has a `closed` event with code 1013."""
        events = theater_json("chain", self.data, "--actor", "chat", "--from", self.seen,
                              "--payloads")
        self.seen += len(events)
        return any("code: 1013" in payload.get("wave", "")
                   for event in events for payload in event["inputs"])

    def setUp(self):
        super().setUp()
        self.seen = 0

    def test_thousands_of_idle_connections(self):
        if not raise_descriptor_limit(IDLE_CONNECTIONS + 1000):
            self.skipTest("the limit on descriptors cannot be raised")
        with self.node("echo") as node:
            before = node.resident_bytes()
            idle = [self.connect("/echo") for _ in range(IDLE_CONNECTIONS)]
            each = (node.resident_bytes() - before) // IDLE_CONNECTIONS
            print(f"{IDLE_CONNECTIONS} idle connections: {each} bytes each")
            self.assertLess(each, IDLE_BYTES_MAX)
            with self.connect("/echo") as client:
                for number in range(100):
                    client.send(f"m{number}")
                    self.assertEqual(client.recv(), f"m{number}")
            for client in (idle[0], idle[-1]):
                client.send("awake")
                self.assertEqual(client.recv(), "awake")
            for client in idle:
                client.socket.close()
            self.assertEqual(node.stop(), 0)
        self.assert_chain_holds()

    def test_no_descriptors_left_does_not_end_the_node(self):
        with self.node("echo", descriptors=FEW_DESCRIPTORS) as node:
            clients = self.connect_until_refused()
            print(f"{len(clients)} connections with {FEW_DESCRIPTORS} descriptors")
            self.assertGreater(len(clients), 4)
            self.assertIsNone(node.process.poll(), "the node ended")
            clients[0].send("still here")
            self.assertEqual(clients[0].recv(), "still here")
            for client in clients[1:]:
                client.socket.close()
            with self.connect_again() as late:
                late.send("room again")
                self.assertEqual(late.recv(), "room again")
            clients[0].socket.close()
            self.assertEqual(node.stop(), 0)
        self.assert_chain_holds()

    def connect_until_refused(self):
        """Connections until one gets no answer or a refusal within two seconds."""
        clients = []
        while len(clients) < 2 * FEW_DESCRIPTORS:
            try:
                clients.append(self.connect("/echo", timeout=2))
            except (OSError, Closed, Refused):
                return clients
        return self.fail("the descriptors never ran out")

    def connect_again(self):
        end = time.monotonic() + support.STOP_SECONDS
        while True:
            try:
                return self.connect("/echo", timeout=2)
            except (OSError, Closed, Refused):
                if time.monotonic() > end:
                    raise


if __name__ == "__main__":
    support.main()
