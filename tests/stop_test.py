"""A signal ends a node cleanly; the next start goes on; two nodes never share data or a port."""

import contextlib
import os
import resource
import signal
import subprocess
import sys

import support
from support import theater_json
from wire import Closed

CLIENTS = 10_000


class StopTest(support.ActorTest):

    def test_signals_close_clients_with_1001_or_1012_and_exit_0(self):
        for number, code in ((signal.SIGTERM, 1001), (signal.SIGINT, 1001), (signal.SIGUSR2, 1012)):
            with self.subTest(signal=number), self.node("echo") as node, \
                    self.connect("/echo") as client:
                client.send("x")
                self.assertEqual(client.recv(timeout=10), "x")
                node.process.send_signal(number)
                with self.assertRaises(Closed) as closed:
                    client.recv(timeout=10)
                self.assertEqual(closed.exception.code, code)
                self.assertEqual(node.wait(), 0)
                self.assertIn('"event":"notice"', "".join(node.lines))
        self.assert_chain_holds()

    def test_a_guest_is_told_of_the_stop_and_what_it_says_leaves_first(self):
        for number, code, reason in ((signal.SIGTERM, 1001, "the actor was asked to stop"),
                                     (signal.SIGUSR2, 1012, "the node restarts")):
            with self.subTest(signal=number):
                with self.witness() as node, self.connect("/witness") as client:
                    client.send("x")
                    self.assertEqual(client.recv(), "x")
                    node.process.send_signal(number)
                    self.assertEqual(client.recv(), f"stopping: {reason}")
                    with self.assertRaises(Closed) as closed:
                        client.recv()
                    self.assertEqual(closed.exception.code, code)
                    self.assertEqual(node.wait(), 0)
                self.assertIn(f"stopping: {reason}", node.text())
                with self.witness() as node, self.connect("/witness") as client:
                    client.send("last")
                    self.assertEqual(client.recv(), reason)
                    node.stop()
        self.assert_chain_holds()

    def test_clients_of_an_actor_that_fails_are_told_with_1011(self):
        with self.witness(variables={"on_error": "stop"}) as node, \
                self.connect("/witness") as client:
            client.send("x")
            self.assertEqual(client.recv(), "x")
            client.send("fail")
            with self.assertRaises(Closed) as closed:
                client.recv()
            self.assertEqual(closed.exception.code, 1011)
            self.assertEqual(node.wait(), 1)
        self.assertIn("asked to fail", node.text())
        self.assert_chain_holds()

    def test_ten_thousand_clients_of_an_actor_that_fails_hold_no_shard_up(self):
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        if limits[1] < CLIENTS + 1000:
            self.skipTest(f"needs {CLIENTS} sockets")
        resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, limits)
        with self.witness(variables={"on_error": "stop"}) as node, contextlib.ExitStack() as stack:
            clients = [stack.enter_context(self.connect("/witness")) for _ in range(CLIENTS)]
            clients[0].send("fail")
            for client in clients:
                with self.assertRaises(Closed) as closed:
                    client.recv()
                self.assertEqual(closed.exception.code, 1011)
            self.assertEqual(node.wait(), 1)

    def test_a_restart_by_on_error_keeps_the_sockets(self):
        with self.witness(variables={"on_error": "restart"}) as node, \
                self.connect("/witness") as client:
            for number in range(3):
                client.send("fail")
                client.send(f"after {number}")
                self.assertEqual(client.recv(), f"after {number}")
            self.assertEqual(node.stop(), 0)
        self.assert_chain_holds()

    def test_a_second_start_resumes_state_and_seq(self):
        with self.node("chat") as node, self.connect("/ws") as client:
            for number in range(10):
                client.send(f"m{number}")
                client.recv(timeout=10)
            self.assertEqual(node.stop(), 0)
        before = theater_json("actors", self.data)
        with self.node("chat") as node:
            self.assertEqual(node.stop(), 0)
        after = theater_json("actors", self.data)
        self.assertEqual(before[0]["id"], after[0]["id"])
        self.assertGreater(after[0]["events"], before[0]["events"])
        self.assertEqual(before[0]["state_bytes"], after[0]["state_bytes"])
        self.assert_chain_holds()
        self.assert_independent_verifier_agrees(after[0])

    def assert_independent_verifier_agrees(self, actor):
        """The one in Python, after the format document alone, finds the same head and root."""
        tool = support.ROOT / "tools" / "verify_chain.py"
        done = subprocess.run([sys.executable, tool, self.data], capture_output=True, text=True,
                              timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(f"{actor['id']} events {actor['events']} head {actor['head']}", done.stdout)

    def test_data_in_use_is_refused_with_the_process_id(self):
        with self.node("echo") as node:
            port = self.port
            second = self.node("echo")
            self.assertNotEqual(second.wait(), 0)
            self.assertIn(str(node.process.pid), second.text())
            self.assertIn("in use", second.text())
            self.assertIn("; stop that, or name another with --data", second.text())
            second.__exit__(None, None, None)
            self.port = port
            with self.connect("/echo") as client:
                client.send("still here")
                self.assertEqual(client.recv(timeout=10), "still here")

    def test_a_busy_port_is_refused_by_name(self):
        with self.node("echo"):
            port = self.port
            self.data = self.folder / "other"
            second = self.node("echo", port=port)
            self.assertEqual(second.wait(), 1)
            self.assertIn(f"127.0.0.1:{port}", second.text())
            self.assertIn("in use", second.text())
            second.__exit__(None, None, None)

    def test_a_killed_node_leaves_no_stale_lock(self):
        with self.node("echo") as node:
            os.kill(node.process.pid, signal.SIGKILL)
            node.wait()
        with self.node("echo") as node:
            self.assertEqual(node.stop(), 0)
        self.assert_chain_holds()

    def test_three_actors_on_two_shards_share_an_address(self):
        with self.node("chat", "echo", "counter", options=("--shards", 2),
                       variables={"period_ms": "20"}) as node:
            with self.connect("/echo") as echo, self.connect("/ws") as chat:
                for number in range(50):
                    echo.send(f"m{number}")
                    chat.send(f"m{number}")
                    self.assertEqual(echo.recv(), f"m{number}")
                    self.assertIn(f'"text":"m{number}"', chat.recv())
            self.assertEqual(node.stop(), 0)
        events = {actor["name"]: actor["events"] for actor in theater_json("actors", self.data)}
        self.assertEqual(set(events), {"chat", "echo", "counter"})
        self.assertGreater(events["counter"], 4)
        self.assert_chain_holds()


if __name__ == "__main__":
    support.main()
