"""A signal ends a node cleanly; the next start goes on; two nodes never share data or a port."""

import os
import signal

import support
from support import theater_json
from wire import Closed


class StopTest(support.ActorTest):

    def test_sigterm_and_sigint_close_clients_with_1001_and_exit_0(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=number), self.node("echo") as node, \
                    self.connect("/echo") as client:
                client.send("x")
                self.assertEqual(client.recv(timeout=10), "x")
                node.process.send_signal(number)
                with self.assertRaises(Closed) as closed:
                    client.recv(timeout=10)
                self.assertEqual(closed.exception.code, 1001)
                self.assertEqual(node.wait(), 0)
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

    def test_data_in_use_is_refused_with_the_process_id(self):
        with self.node("echo") as node:
            port = self.port
            second = self.node("echo")
            self.assertNotEqual(second.wait(), 0)
            self.assertIn(str(node.process.pid), second.text())
            self.assertIn("in use", second.text())
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

    def test_many_actors_on_several_shards(self):
        with self.node("counter", "echo", options=("--shards", "2")) as node:
            with self.connect("/echo") as client:
                client.send("x")
                self.assertEqual(client.recv(timeout=10), "x")
            self.assertEqual(node.stop(), 0)
        names = {actor["name"] for actor in theater_json("actors", self.data)}
        self.assertEqual(names, {"counter", "echo"})
        self.assert_chain_holds()


if __name__ == "__main__":
    support.main()
