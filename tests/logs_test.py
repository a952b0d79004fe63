"""The log says what actors and the node do: text for people, JSON for programs, each line whole."""

import json
import re

import support
from support import theater

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
FIELDS = ["time", "level", "actor", "seq", "family", "id", "message", "note"]


class LogsTest(support.ActorTest):

    def run_witness(self, *options):
        """What a node wrote to standard error: a line of the guest, a failure, a stop."""
        with self.witness(options=options) as node:
            with self.connect("/witness") as client:
                client.send('log a "quoted" line')
                client.recv()
                client.send("fail")
                client.send("after")
                self.assertEqual(client.recv(), "after")
            self.assertEqual(node.stop(), 0)
        return node.errors

    def test_json_lines_have_time_level_actor_seq_and_family(self):
        lines = [json.loads(line) for line in self.run_witness("--log-format", "json")]
        for line in lines:
            self.assertEqual(list(line), [key for key in FIELDS if key in line])
            self.assertRegex(line["time"], TIME)
            self.assertIn(line["level"], ("info", "warn", "error"))
        said = {line["message"]: line for line in lines}
        guest = said['a "quoted" line']
        self.assertEqual((guest["actor"], guest["family"], guest["level"]),
                         ("witness", "runtime", "info"))
        failed = said["handling events failed: asked to fail"]
        self.assertEqual((failed["actor"], failed["family"], failed["level"]),
                         ("witness", "websocket-server", "warn"))
        event = self.event(failed["seq"])
        self.assertEqual(event["kind"], "trap")
        self.assertEqual(self.event(guest["seq"])["kind"], "commit")
        node = [line["message"] for line in lines if "actor" not in line]
        self.assertEqual(node, [f"ready; every event is in {self.data}",
                                "Terminated: stopping; once more to force"])
        self.assertEqual(said["stopping: the actor was asked to stop"]["level"], "warn")
        first = next(line for line in lines if line.get("actor") == "witness")
        self.assertEqual(first["message"], f"new; ws://127.0.0.1:{self.port}/witness")
        self.assert_chain_holds()

    def event(self, seq):
        return support.theater_json("chain", self.data, "--actor", "witness", "--from", seq, "--to",
                                    seq)[0]

    def test_text_is_the_default(self):
        text = "".join(self.run_witness())
        self.assertRegex(text, r'\[info\] \[witness#\d+\] a "quoted" line\n')
        self.assertRegex(text, r"\[warning\] \[witness#\d+\] .* failed: asked to fail\n")

    def test_what_prevents_a_start_is_a_line_too(self):
        refused = theater("run", self.folder / "none.toml", "--log-format", "json")
        self.assertEqual(refused.returncode, 2)
        self.assertEqual(refused.stdout, "")
        line = json.loads(refused.stderr)
        self.assertEqual(line["level"], "error")
        self.assertIn("none.toml", line["message"])


if __name__ == "__main__":
    support.main()
