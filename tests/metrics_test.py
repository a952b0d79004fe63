"""GET /metrics tells what queues, chain, gate, shards and actors do; lazy readers slow nobody."""

import re
import socket
import time
import urllib.request

import support

SCRAPERS_THAT_NEVER_READ = 40
ZERO_SECONDS = 20


def scrape(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        return answer.read().decode()


def value(page, name, **labels):
    """The one sample of this name that has these labels."""
    found = []
    for line in page.splitlines():
        match = re.fullmatch(rf"{name}(?:\{{(.*)\}})? (\S+)", line)
        if match and all(f'{key}="{text}"' in (match[1] or "") for key, text in labels.items()):
            found.append(float(match[2]))
    assert len(found) == 1, f"{name} {labels}: {found}"
    return found[0]


def wait_for_zero(port, names, **labels):
    """Until each of these figures, and the queue's, is zero: nothing is held (END-1)."""
    end = time.monotonic() + ZERO_SECONDS
    for name in ("queue_depth", "queue_bytes", *names):
        while (held := value(scrape(port), f"theater_{name}", **labels)) and time.monotonic() < end:
            time.sleep(0.05)
        assert held == 0, f"{name} {labels}: {held}"


def figures_of_sources():
    """Name -> meaning, as the sources of families and their kit give them to GET /metrics."""
    text = re.compile(r'"([a-z]+(?:_[a-z]+)*)",\s*((?:"(?:[^"\\\\]|\\\\.)+"\s*)+)')
    found = {}
    for room in ("host", "hosts"):
        for path in (support.ROOT / "src" / room).rglob("*.cc"):
            source = path.read_text()
            at = source.find("::measure(")
            if at < 0 or path.stem.endswith("_test"):
                continue
            for name, meaning in text.findall(source[at:]):
                found[name] = "".join(re.findall(r'"([^"]*)"', meaning))
    return found


class MetricsTest(support.ActorTest):

    def test_numbers_add_up_and_idle_scrapers_slow_nobody(self):
        port = support.free_port()
        with self.node("echo", options=[f"--metrics={port}"]) as running:
            client = self.enterContext(self.connect("/echo"))
            for number in range(100):
                client.send(f"message {number}")
                client.recv()
            page = scrape(port)
            queue = {"actor": "echo", "family": "websocket-server"}
            self.assertEqual(value(page, "theater_websocket_messages_in_total", **queue), 100)
            self.assertEqual(value(page, "theater_websocket_messages_out_total", **queue), 100)
            self.assertEqual(value(page, "theater_websocket_connections", **queue), 1)
            self.assertEqual(value(page, "theater_queue_depth", **queue), 0)
            self.assertGreaterEqual(value(page, "theater_queue_in_total", **queue), 101)
            self.assertEqual(
                value(page, "theater_actor_failures_total", actor="echo", reason="trap"), 0)
            self.assertEqual(value(page, "theater_chain_sync_seconds_count"),
                             value(page, "theater_chain_batches_total"))
            self.assertEqual(value(page, "theater_chain_disk_state", state="good"), 1)
            self.assertEqual(value(page, "theater_shard_answered", shard="0"), 1)
            self.assertEqual(value(page, "theater_gate_pending", shard="0"), 0)

            lazy = [socket.create_connection(("127.0.0.1", port))
                    for _ in range(SCRAPERS_THAT_NEVER_READ)]
            for scraper in lazy:
                scraper.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            begun = time.monotonic()
            for number in range(100):
                client.send(f"message {number}")
                client.recv()
            self.assertLess(time.monotonic() - begun, 5)
            for scraper in lazy:
                scraper.close()
            client.socket.close()
            self.assertEqual(running.stop(), 0)
        self.assert_chain_holds()

    def test_every_figure_stands_in_the_document(self):
        """What a node prints, and what any family counts, has its line; no line is stale."""
        document = (support.ROOT / "docs" / "metrics.md").read_text()
        written = dict(re.findall(r"(?m)^\| `(\w+)` \| (.*) \|$", document))
        port = support.free_port()
        with self.node("echo", "counter", options=[f"--metrics={port}"]) as running:
            page = scrape(port)
            self.assertEqual(running.stop(), 0)
        printed = dict(re.findall(r"(?m)^# HELP theater_(\w+) (.*)$", page))
        self.assertGreater(len(printed), 40)
        counted = {**figures_of_sources(), **printed}
        print(f"{len(counted)} figures, {len(printed)} of them printed")
        self.assertEqual(sorted(counted), sorted(written))
        for name, meaning in counted.items():
            with self.subTest(figure=name):
                self.assertTrue(written[name].startswith(meaning), written[name])

    def test_a_busy_port_is_refused(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            refused = support.theater(
                "run", support.ACTORS / "echo" / "echo.toml", "--data", self.data,
                "--var", f"listen=127.0.0.1:{support.free_port()}", "--metrics", port)
            self.assertEqual(refused.returncode, 1)
            self.assertIn(f"127.0.0.1:{port}", refused.stderr)


if __name__ == "__main__":
    support.main()
