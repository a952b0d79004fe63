"""Replay of 20,000 mixed events ends in equal hashes; other code is caught; the world is not touched."""

import shutil
import threading
from pathlib import Path

import support
from support import ACTORS, connect, theater, theater_json

EVENTS = 20_000


class ReplayTest(support.ActorTest):

    def talk(self, count):
        with connect(self.address("/echo")) as client:
            for number in range(count):
                message = f"m{number}" if number % 3 else bytes([number % 256]) * (number % 700)
                client.send(message)
                self.assertEqual(client.recv(timeout=10), message)

    def record(self, count, *names):
        """Runs the actors until `count` messages went through each of four clients."""
        with self.node(*names) as node:
            clients = [threading.Thread(target=self.talk, args=(count,)) for _ in range(4)]
            for client in clients:
                client.start()
            for client in clients:
                client.join(300)
            self.assertEqual(node.stop(), 0)

    def test_twenty_thousand_mixed_events(self):
        recorded = 0
        while recorded < EVENTS:
            self.record(2000, "echo", "counter")
            recorded = sum(actor["events"] for actor in theater_json("actors", self.data))
        report = theater_json("replay", self.data)[-1]
        self.assertTrue(report["equal"])
        self.assertGreaterEqual(report["events"], EVENTS)
        print(f"{report['events']} events replayed to equal hashes")
        heads = {actor["name"]: actor["head"] for actor in theater_json("actors", self.data)}
        for actor in report["actors"]:
            self.assertEqual(actor["head"], heads[actor["name"]])

    def test_replay_opens_no_socket(self):
        self.record(10, "echo", "counter")
        strace = shutil.which("strace")
        if strace is None:
            self.skipTest("strace is not installed (tools/setup --tests)")
        trace = self.folder / "trace"
        import subprocess
        result = subprocess.run([strace, "-f", "-e", "trace=%network", "-o", trace,
                                 support.THEATER, "replay", self.data], capture_output=True,
                                text=True, timeout=120)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        calls = [line for line in trace.read_text().splitlines()
                 if any(f" {name}(" in line for name in ("socket", "bind", "listen", "connect"))]
        self.assertEqual(calls, [])

    def test_one_changed_line_is_caught_at_the_first_differing_event(self):
        self.record(10, "echo")
        project = self.folder / "echo"
        shutil.copytree(ACTORS / "echo", project)
        self.change_one_line(project)
        built = theater("build", project)
        self.assertEqual(built.returncode, 0, built.stdout + built.stderr)
        component = next(Path(project).glob("build/*.wasm"))
        result = theater("replay", self.data, "--actor", "echo", "--component", component)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertIn("recorded", result.stdout)
        self.assertIn("recomputed", result.stdout)
        self.assertRegex(result.stdout, r"seq \d+")

    def change_one_line(self, project):
        """The echo answers something else to every text."""
        raise NotImplementedError


if __name__ == "__main__":
    support.main()
