"""20,000 mixed events replay to equal hashes; other code is caught; the world is not touched."""

import re
import shutil
import threading

import support
from support import ACTORS, theater, theater_json

EVENTS = 20_000
CLIENTS = 4
AHEAD = 8  # messages sent and not yet echoed


def message(number):
    return f"m{number}" if number % 3 else bytes([number % 256]) * (number % 700)


class ReplayTest(support.ActorTest):

    def talk(self, count):
        with self.connect("/echo") as client:
            for number in range(count + AHEAD):
                if number < count:
                    client.send(message(number))
                if number >= AHEAD and client.recv() != message(number - AHEAD):
                    self.wrong.append(number - AHEAD)

    def record(self, count, *names):
        """Runs the actors until `count` messages of each client came back."""
        self.wrong = []
        variables = {"period_ms": "10"} if "counter" in names else {}
        with self.node(*names, variables=variables) as node:
            clients = [threading.Thread(target=self.talk, args=(count,)) for _ in range(CLIENTS)]
            for client in clients:
                client.start()
            for client in clients:
                client.join(300)
            self.assertEqual(node.stop(), 0)
        self.assertEqual(self.wrong, [])

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
        self.assert_replay_opens_no_socket()

    def test_one_changed_line_is_caught_at_the_first_differing_event(self):
        self.record(10, "echo")
        project = self.folder / "echo"
        shutil.copytree(ACTORS / "echo", project)
        self.change_one_line(project)
        built = theater("build", project)
        self.assertEqual(built.returncode, 0, built.stdout + built.stderr)
        component = support.component_of(project)
        result = theater("replay", self.data, "--actor", "echo", "--component", component)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertIn("recorded", result.stdout)
        self.assertIn("recomputed", result.stdout)
        shown = re.search(r"seq (\d+)", result.stdout)
        self.assertTrue(shown, result.stdout)
        self.assertEqual(int(shown.group(1)), self.first_text_answer())

    def test_other_code_is_that_of_one_actor(self):
        self.record(10, "echo", "counter")
        component = support.BUILD_ACTORS / "echo.wasm"
        refused = theater("replay", self.data, "--component", component)
        self.assertEqual(refused.returncode, 2, refused.stdout)
        self.assertRegex(refused.stderr,
                         "name it with --actor; there are: (echo, counter|counter, echo)\n$")
        refused = theater("replay", self.data, "--actor", "counter", "--component", component)
        self.assertEqual(refused.returncode, 2, refused.stdout)
        self.assertRegex(refused.stderr, "counter, event 0: the component imports .*, which the "
                                         "recorded manifest does not grant\n$")

    def change_one_line(self, project):
        """The echo answers one letter more to every text."""
        manifest, source = project / "echo.toml", project / "actor.cc"
        manifest.write_text(manifest.read_text().replace("../../build/actors/", ""))
        text = source.read_text()
        self.assertIn("from.send_text(text)", text)
        source.write_text(text.replace("from.send_text(text)",
                                       'from.send_text(std::string(text) + "!")'))

    def first_text_answer(self):
        """The seq of the first commit whose outputs hold a text: there the changed code differs."""
        for event in theater_json("chain", self.data, "--actor", "echo", "--payloads"):
            if event["kind"] == "commit" and any("text(" in output["wave"]
                                                 for output in event["outputs"]):
                return event["seq"]
        return self.fail("no text was echoed")


if __name__ == "__main__":
    support.main()
