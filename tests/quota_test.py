"""On a real file system of 64 MiB a noisy actor uses up its part of the log (limits.log_max): it
takes nothing new, loses nothing, is said to be held up, and its neighbour does not notice; what it
used is known after kill -9 too; started with a larger part it goes on."""

import signal
import time

import metrics_test
import small_disk
import support
import wire

LOG_MAX_MIB = 6
LARGER_MIB = 16
OVER_BYTES = 4 << 20  # what was under way when it was used up, with answers
MESSAGE = "m" * 4000
AHEAD = 64  # messages that the noisy client has sent and not yet seen
WAITING = 3
NEIGHBOURS = 200
QUIET_SECONDS = 1.0
GOING_AWAY = 1001
TOLD = "its log is used up"

MANIFEST = """
name = "{name}"
component = "{component}"

[limits]
{limits}

[grants.websocket-server]
listen = "127.0.0.1:{port}"
path = "/echo"
origins = ["*"]
message_max = "32KiB"
queue_bytes = "256KiB"
"""


class QuotaTest(small_disk.DiskTest):

    def setUp(self):
        super().setUp()
        self.data = self.disk / "data"
        self.ports = {name: support.free_port() for name in ("noisy", "quiet")}
        self.metrics = support.free_port()

    def manifest(self, name, limits=""):
        path = self.folder / f"{name}.toml"
        path.write_text(MANIFEST.format(name=name, limits=limits,
                                        component=support.BUILD_ACTORS / "echo.wasm",
                                        port=self.ports[name]))
        return path

    def start(self, log_max_mib):
        manifests = [self.manifest("noisy", f'log_max = "{log_max_mib}MiB"'),
                     self.manifest("quiet")]
        return support.Node(manifests, self.data, options=[f"--metrics={self.metrics}"])

    def client(self, name):
        return wire.Wire(f"ws://127.0.0.1:{self.ports[name]}/echo")

    def figure(self, name, actor):
        return metrics_test.value(metrics_test.scrape(self.metrics), f"theater_actor_log_{name}",
                                  actor=actor)

    def pump(self, client):
        """Sends ahead of the echoes until no more come; how many came, in order."""
        sent = received = 0
        while True:
            while sent < received + AHEAD:
                client.send(f"{sent} {MESSAGE}")
                sent += 1
            try:
                text = client.recv(timeout=QUIET_SECONDS)
            except TimeoutError:
                if self.figure("spent", "noisy"):
                    return received
                continue  # the machine is slow
            self.assertEqual(text, f"{received} {MESSAGE}")
            received += 1
            self.assertLess(received * len(MESSAGE), small_disk.SIZE_MIB << 20, "it is never full")

    def assert_neighbour_works(self):
        """Each of its messages comes back; the longest that one took."""
        longest = 0
        with self.client("quiet") as client:
            for number in range(NEIGHBOURS):
                begun = time.monotonic()
                client.send(f"{number}")
                self.assertEqual(client.recv(), f"{number}")
                longest = max(longest, time.monotonic() - begun)
        return longest

    def assert_held_up(self, node):
        """It is said once, and its figures and `theater actors` say it too."""
        self.wait_until("it was not told", lambda: TOLD in node.text())
        lines = [line for line in node.text().splitlines() if TOLD in line]
        self.assertEqual(len(lines), 1, lines)
        for part in ("noisy", "limits.log_max", f"{LOG_MAX_MIB}MiB"):
            self.assertIn(part, lines[0])
        self.assertEqual(self.figure("bytes_max", "noisy"), LOG_MAX_MIB << 20)
        used = self.figure("bytes", "noisy")
        self.assertGreaterEqual(used, LOG_MAX_MIB << 20)
        self.assertLess(used, (LOG_MAX_MIB << 20) + OVER_BYTES)
        self.assertEqual([self.figure(name, "quiet") for name in ("spent", "bytes_max")], [0, 0])
        return used

    def assert_listed(self, used):
        listed = {actor["name"]: actor for actor in support.theater_json("actors", self.data)}
        self.assertEqual(listed["noisy"]["log_bytes"], used)
        self.assertTrue(listed["noisy"]["log_spent"])
        self.assertFalse(listed["quiet"]["log_spent"])
        self.assertIsNone(listed["quiet"]["log_bytes_max"])
        text = support.theater("actors", self.data).stdout
        self.assertEqual(text.count("log_max"), 2, text)  # where it stands, and the remedy

    def test_a_noisy_actor_is_held_up_and_no_other(self):
        with self.start(LOG_MAX_MIB) as node:
            with self.client("noisy") as noisy:
                answered = self.pump(noisy)
                used = self.assert_held_up(node)
                longest = self.assert_neighbour_works()
                with self.assertRaises(TimeoutError):
                    noisy.recv(timeout=QUIET_SECONDS)
                self.assertEqual(self.figure("bytes", "noisy"), used, "it went on")
                self.assert_listed(used)
            node.kill()
        print(f"held up after {answered} messages and {used / 2**20:.2f} MiB; a neighbour's took "
              f"at most {1000 * longest:.1f} ms", flush=True)
        self.assertGreater(answered, 0)
        self.assert_chain_holds()

        with self.start(LOG_MAX_MIB) as node:  # it counts what it used before
            self.assertGreaterEqual(self.assert_held_up(node), used)
            with self.client("noisy") as noisy:
                for number in range(WAITING):
                    noisy.send(f"waits {number}")
                with self.assertRaises(TimeoutError):
                    noisy.recv(timeout=QUIET_SECONDS)
                self.assert_neighbour_works()
                begun = time.monotonic()
                node.process.send_signal(signal.SIGTERM)
                with self.assertRaises(wire.Closed) as closed:
                    noisy.recv()
                self.assertEqual(closed.exception.code, GOING_AWAY)
                self.assertEqual(node.wait(), 0)
                print(f"stopped in {time.monotonic() - begun:.1f} s", flush=True)
        self.assertEqual(self.last_event("noisy"), "lifecycle")

        with self.start(LARGER_MIB) as node, self.client("noisy") as noisy:
            for number in range(NEIGHBOURS):
                noisy.send(f"{number} {MESSAGE}")
                self.assertEqual(noisy.recv(), f"{number} {MESSAGE}")
            self.assertEqual(self.figure("spent", "noisy"), 0)
            self.assertNotIn(TOLD, node.text())
            self.assertEqual(node.stop(), 0)
        self.assert_chain_holds()

    def last_event(self, actor):
        events = next(each["events"] for each in support.theater_json("actors", self.data)
                      if each["name"] == actor)
        chain = support.theater_json("chain", self.data, "--actor", actor, "--from", events - 1)
        return chain[-1]["kind"]


if __name__ == "__main__":
    support.main()
