"""A real file system of 64 MiB fills up: the node takes no new work, loses nothing, and goes on
when there is room again; so it does when somebody else takes all the room at once. Where only a
database is on it, the guest is told, what was kept is there, and it works when there is room."""

import contextlib
import json
import os
import sqlite3
import threading
import time
from pathlib import Path

import support
from small_disk import SIZE_MIB, WAIT_SECONDS, DiskTest

ROOM_AT_FIRST = 30 << 20  # bytes left for the node
MESSAGE = "m" * 4000
CLIENTS = 2
AHEAD = 8  # messages that a client has sent and not yet seen
SLOW_SECONDS = 0.01  # between messages once it was full, or it is full again before that is told
NOTE_BYTES = 12_000
LITTLE_ROOM = 2 << 20  # bytes: less than SQLite writes ahead
MORE_ROOM = 7 << 20
FULL = "full|no space"
QUIET_SECONDS = 1.0  # for so long nothing comes while the disk is full


class Writer(threading.Thread):
    """Sends ahead of the echoes until it is told to end; counts what came back in order."""

    def __init__(self, client):
        super().__init__(daemon=True)
        self.client = client
        self.ending = threading.Event()
        self.slow = threading.Event()
        self.sent = self.received = 0
        self.wrong = []

    def run(self):
        while not self.ending.is_set() or self.received < self.sent:
            if not self.ending.is_set() and self.sent < self.received + AHEAD:
                if self.slow.is_set():
                    time.sleep(SLOW_SECONDS)
                self.client.send(f"{self.sent} {MESSAGE}")
                self.sent += 1
                continue
            text = self.client.recv(timeout=WAIT_SECONDS)
            if text != f"{self.received} {MESSAGE}":
                self.wrong.append(self.received)
            self.received += 1


class FullDiskTest(DiskTest):

    def setUp(self):
        super().setUp()
        self.data = self.disk / "data"
        self.take_room(leave=ROOM_AT_FIRST)

    def wait_for_notice(self, node, text):
        def is_told():
            self.assertIsNone(node.process.poll(), node.text())
            return text in node.text()
        try:
            self.wait_until(f"no notice of: {text}", is_told)
        except AssertionError:
            print(self.picture(node), flush=True)
            raise

    def picture(self, node):
        """What stands on the disk, and where each thread of the node is."""
        free = os.statvfs(self.disk)
        lines = [f"free: {free.f_bavail * free.f_frsize} bytes"]
        lines += [f"{path.relative_to(self.disk)}: {path.stat().st_size} bytes"
                  for path in sorted(self.disk.rglob("*")) if path.is_file()]
        for task in sorted(Path(f"/proc/{node.process.pid}/task").iterdir()):
            where = [(task / name).read_text().strip() for name in ("comm", "wchan", "syscall")]
            lines.append(f"thread {task.name}: {', '.join(where)}")
        return "\n".join(lines)

    def wait_for_quiet(self, writers):
        """Until nobody has been answered for a while: what was under way is finished."""
        last, since = None, time.monotonic()

        def is_quiet():
            nonlocal last, since
            now = [writer.received for writer in writers]
            if now != last:
                last, since = now, time.monotonic()
            return time.monotonic() - since >= QUIET_SECONDS
        self.wait_until("work went on on a full disk", is_quiet)
        return last

    def start_writers(self):
        clients = [self.connect("/echo") for _ in range(CLIENTS)]
        writers = [Writer(client) for client in clients]
        for writer in writers:
            writer.start()
        return writers

    def finish(self, node, writers):
        """Everything that was sent is answered in order, and stands in the chain."""
        for writer in writers:
            writer.ending.set()
        for writer in writers:
            writer.join(WAIT_SECONDS)
            self.assertFalse(writer.is_alive(), "an echo never came")
            self.assertEqual(writer.wrong, [])
            self.assertEqual(writer.received, writer.sent)
            writer.client.socket.close()
        self.assertEqual(node.stop(), 0)
        self.assert_chain_holds()

    def hold_up_and_go_on(self, node, writers):
        self.wait_for_notice(node, "the disk is nearly full")
        held = self.wait_for_quiet(writers)
        for writer in writers:
            writer.slow.set()
        self.give_room()
        self.wait_for_notice(node, "there is room again")
        self.wait_until("work did not go on", lambda: all(
            writer.received > count for writer, count in zip(writers, held)))
        return sum(held)

    def test_work_fills_the_disk(self):
        with self.node("echo") as node:
            writers = self.start_writers()
            held = self.hold_up_and_go_on(node, writers)
            self.finish(node, writers)
        print(f"held up at {held} messages, went on to {sum(each.received for each in writers)}")

    def test_somebody_takes_all_the_room_at_once(self):
        with self.node("echo") as node:
            writers = self.start_writers()
            self.wait_until("nothing came", lambda: all(each.received > 100 for each in writers))
            self.take_room(leave=0)
            held = self.hold_up_and_go_on(node, writers)
            self.finish(node, writers)
        print(f"held up at {held} messages, went on to {sum(each.received for each in writers)}")


class FullDatabaseTest(DiskTest):
    """The file of a database is on the disk; the node's data are not."""

    def setUp(self):
        super().setUp()
        self.file = self.disk / "notes.db"
        self.sent, self.kept = 0, []

    def notes(self):
        return self.node("notes", variables={"file": self.file})

    def keep(self, client, size=NOTE_BYTES):
        """Whether a note is kept; if not, the disk is to blame."""
        self.sent += 1
        client.send(f"{self.sent} ".ljust(size, "n"))
        answer = json.loads(client.recv(timeout=WAIT_SECONDS))
        if "kept" in answer:
            self.kept.append(answer["kept"])
            return True
        self.assertRegex(answer["error"], FULL)
        return False

    def fill(self, client):
        while self.keep(client):
            self.assertLess(self.sent * NOTE_BYTES, SIZE_MIB << 20, "it was never full")

    def found(self, client):
        """How many of the newest notes a query finds."""
        client.send("?n")
        while "found" not in (answer := json.loads(client.recv(timeout=WAIT_SECONDS))):
            self.assertIn("number", answer)
        return answer["found"]

    def numbers(self):
        database = sqlite3.connect(self.file, timeout=WAIT_SECONDS)
        with contextlib.closing(database):
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            return [row[0] for row in database.execute("SELECT number FROM notes ORDER BY number")]

    def fill_and_go_on(self, leave):
        self.take_room(leave)
        with self.notes() as node, self.connect("/ws") as client:
            self.fill(client)
            held = len(self.kept)
            self.assertGreater(held, 0)
            self.assertGreater(self.found(client), 0, "it can still be read")
            self.take_room(leave=0)
            for _ in range(3):
                self.assertFalse(self.keep(client))
            node.kill()
        with self.notes() as node, self.connect("/ws") as client:
            self.assertFalse(self.keep(client), "it is as full as before")
            self.give_room()
            self.wait_until("nothing is kept", lambda: self.keep(client))
            for _ in range(10):
                self.assertTrue(self.keep(client))
            self.assertEqual(node.stop(), 0)
        print(f"full after {held} notes, went on to {len(self.kept)}; {self.sent - len(self.kept)} "
              "were refused", flush=True)
        self.assertEqual(self.numbers(), self.kept, "what was kept, and nothing else")
        self.assert_chain_holds()

    def test_the_log_of_changes_finds_no_room(self):
        self.fill_and_go_on(leave=LITTLE_ROOM)

    def test_the_database_itself_finds_no_room(self):
        self.fill_and_go_on(leave=MORE_ROOM)


if __name__ == "__main__":
    support.main()
