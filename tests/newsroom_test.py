"""The newsroom, whose actor uses most families at once: whatever is killed, the database equals a
rescan of the folder, no change is indexed or told twice, reconnecting polls miss nothing; every
link gets the title of its page, and no page is asked for more often than the chain says; a replay
opens no socket, no watch and no database.

NEWSROOM_CYCLES says how often it is killed (20 times, about a second each).
"""

import base64
import contextlib
import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import threading
import time
from pathlib import Path

import support
from browser_test import Browser
from raw_http import Ended, RawClient, get
from titled_pages import Pages
from wire import Closed, Refused

CYCLES = int(os.environ.get("NEWSROOM_CYCLES", "20"))
SEED = int(os.environ.get("NEWSROOM_SEED", time.time_ns() % 1_000_000))
WAIT_SECONDS = 60
BROKEN = (OSError, Ended, Closed, Refused, ValueError)


class Listener(threading.Thread):
    """Hears changes in its own way, comes back whenever the node does, and keeps their numbers."""

    def __init__(self, test):
        super().__init__(daemon=True)
        self.port, self.address = test.port, test.address("/ws")
        self.over = threading.Event()
        self.seqs = []
        self.broken = 0  # how often the connection was lost

    def run(self):
        while not self.over.is_set():
            try:
                self.listen()
            except BROKEN:
                self.broken += 1
                time.sleep(0.05)

    def last(self):
        return self.seqs[-1] if self.seqs else 0

    def end(self, test, last):
        """Ends it once it has heard the last change."""
        test.wait_until(lambda: self.last() >= last, f"{type(self).__name__} at {self.last()}")
        self.over.set()


class Poller(Listener):
    """One long poll after another."""

    def listen(self):
        with RawClient(self.port, seconds=60) as client:
            while not self.over.is_set():
                client.send(get(f"/api/changes?after={self.last()}"))
                answer = client.read()
                if answer.status == 200:
                    self.seqs += [change["seq"] for change in json.loads(answer.body)["changes"]]
                elif answer.status != 204:
                    raise ValueError(answer)


class Subscriber(Listener):
    """Server-Sent Events; after a restart the host says that there is a gap."""

    def listen(self):
        fields = f"Last-Event-ID: {self.last()}\r\n" if self.seqs else ""
        with RawClient(self.port, seconds=60) as client:
            client.send(get("/api/events", fields))
            if client.read_head().status != 200:
                raise ValueError("no stream")
            while not self.over.is_set():
                text = client.read_chunk().decode()
                self.seqs += [int(number) for number in re.findall(r"^id: (\d+)$", text, re.M)]


class Socket(Listener):
    """A WebSocket; each connection hears the changes of its time without a gap."""

    def __init__(self, test):
        super().__init__(test)
        self.test = test
        self.gaps = []

    def listen(self):
        with self.test.connect("/ws", timeout=60) as client:
            known = json.loads(client.recv(timeout=60))["seq"]
            while not self.over.is_set():
                seq = json.loads(client.recv(timeout=60))["seq"]
                if seq != known + 1:
                    self.gaps.append((known, seq))
                known = seq
                self.seqs.append(seq)


class Editor:
    """Somebody who works in the folder, by chance."""

    def __init__(self, folder, chance, home):
        self.folder, self.chance, self.home, self.count = folder, chance, home, 0

    def note(self):
        place = self.folder / self.chance.choice(["", "deep", "deep/er", "other"])
        place.mkdir(parents=True, exist_ok=True)
        return place / f"note{self.chance.randrange(12)}.md"

    def text(self):
        self.count += 1
        return (f"# Edition {self.count}\n\nword{self.chance.randrange(50)} "
                f"é {self.home}/{self.chance.randrange(9)}\n")

    def act(self):
        note, other = self.note(), self.note()
        with contextlib.suppress(OSError):  # not there, or the same
            match self.chance.randrange(7):
                case 0 | 1:
                    note.write_text(self.text())
                case 2:  # as editors save
                    fresh = note.with_suffix(".tmp")
                    fresh.write_text(self.text())
                    fresh.rename(note)
                case 3:
                    with note.open("a") as file:
                        file.write("and more\n")
                case 4:
                    note.unlink()
                case 5:
                    note.rename(other)
                case 6:
                    (self.folder / "deep").rename(self.folder / "other" / "deep")
                    shutil.rmtree(self.folder / "other" / "deep")

    def work(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.act()
            time.sleep(0.005)  # a quick editor, not a storm


class NewsroomTest(support.ActorTest):

    def setUp(self):
        super().setUp()
        self.notes, self.file = self.folder / "notes", self.folder / "index.db"
        self.notes.mkdir()
        self.port = support.free_port()
        self.pages = Pages()
        self.addCleanup(self.pages.server_close)
        self.addCleanup(self.pages.shutdown)
        self.total = "10s"  # for a page to come

    def manifest(self):
        """The newsroom's, which may ask the server of the test."""
        manifest = self.folder / "newsroom.toml"
        text = (support.ACTORS / "newsroom" / "newsroom.toml").read_text()
        for old, new in (("../../build/actors", str(support.BUILD_ACTORS)),
                         ('static = "static"', f'static = "{support.ACTORS}/newsroom/static"'),
                         ('total = "10s"', f'private_addresses = true\ntotal = "{self.total}"')):
            self.assertEqual(text.count(old), 1, old)
            text = text.replace(old, new)
        manifest.write_text(text)
        return manifest

    def newsroom(self):
        return support.Node([self.manifest()], self.data, {
            "listen": f"127.0.0.1:{self.port}", "notes": self.notes, "index": self.file,
            "links": self.pages.home})

    def rows(self, sql):
        if not self.file.exists():
            return []
        database = sqlite3.connect(f"file:{self.file}?mode=rw", uri=True, timeout=10)
        try:
            return database.execute(sql).fetchall()
        except sqlite3.OperationalError:
            return []  # no tables yet
        finally:
            database.close()

    def indexed(self):
        return dict(self.rows("SELECT path, body FROM notes JOIN words ON words.rowid = notes.id"))

    def rescan(self):
        return {str(path.relative_to(self.notes)): path.read_text()
                for path in self.notes.rglob("*.md")}

    def ask(self, path, **how):
        with RawClient(self.port) as client:
            client.send(get(path, **how))
            return client.read(bare=how.get("method") == "HEAD")

    def json(self, path):
        answer = self.ask(path)
        self.assertEqual(answer.status, 200, answer)
        return json.loads(answer.body)

    def wait_until(self, holds, what):
        end = time.monotonic() + WAIT_SECONDS
        while not holds():
            self.assertLess(time.monotonic(), end, what() if callable(what) else what)
            time.sleep(0.02)

    def wait_for_index(self):
        self.wait_until(lambda: self.indexed() == self.rescan(), "the index lags behind")

    def check_changes(self, last):
        """Numbered without a gap; nothing was indexed twice, and only what was there removed."""
        changes = self.rows("SELECT seq, kind, path, digest FROM changes ORDER BY seq")
        self.assertEqual([row[0] for row in changes], list(range(1, last + 1)))
        digests = {}
        for seq, kind, path, digest in changes:
            if kind == "indexed":
                self.assertNotEqual(digests.get(path), digest, f"{path} twice, at {seq}")
                digests[path] = digest
            else:
                self.assertIsNotNone(digests.pop(path, None), f"{path} removed twice, at {seq}")
        self.assertEqual(set(digests), set(self.rescan()))
        self.assertEqual(self.rows("SELECT count(*) FROM notes"), self.rows(
            "SELECT count(*) FROM words"))

    def test_kills_lose_nothing_and_double_nothing(self):
        print(f"seed {SEED}: repeat with NEWSROOM_SEED={SEED}")
        chance = random.Random(SEED)
        editor = Editor(self.notes, chance, self.pages.home)
        listeners = [Poller(self), Poller(self), Subscriber(self), Socket(self)]
        for cycle in range(CYCLES):
            with self.newsroom() as node:
                if cycle == 0:
                    for listener in listeners:
                        listener.start()
                editor.work(chance.uniform(0.2, 0.9))
                node.kill()
            for _ in range(chance.randrange(20)):
                editor.act()  # while nobody looks
            print(f"cycle {cycle + 1}: {len(self.indexed())} notes, polls heard "
                  f"{listeners[0].last()} changes", flush=True)
        with self.newsroom() as node:
            self.wait_for_index()
            self.wait_until(lambda: self.json("/api/status")["pending"] == 0, "still at work")
            editor.work(0.2)
            self.wait_for_index()
            self.wait_until(lambda: self.json("/api/status")["pending"] == 0, "still at work")
            last = self.json("/api/status")["seq"]
            for listener in listeners:
                listener.end(self, last)
            self.check_changes(last)
            self.wait_for_titles()
            self.assertEqual(node.stop(), 0, node.text())
        self.check_heard(listeners, last)
        self.check_links()
        self.assertEqual(self.indexed(), self.rescan())
        self.assert_chain_holds()
        print(f"{CYCLES} kills: {last} changes, each once")

    def wait_for_titles(self):
        wanted = "SELECT * FROM links WHERE status = 'wanted'"
        self.wait_until(lambda: not self.rows(wanted), lambda: self.rows(wanted))

    def check_links(self):
        """Each link of a note has its page's title, and each request its cause in the chain."""
        mentioned = {link for text in self.rescan().values()
                     for link in re.findall(r"http://[^\s]+", text)}
        links = {url: (status, title) for url, status, title in self.rows("SELECT * FROM links")}
        self.assertEqual(links, {url: ("titled", f"Page {url[-1]}") for url in mentioned})
        events = support.theater_json("chain", self.data, "--actor", "newsroom", "--payloads")
        starts = sum(output.get("wave", "").startswith("start(")
                     for event in events if event["kind"] == "commit"
                     for output in event.get("outputs", []))
        again = sum(event["kind"] == "op" and "reissued" in event["what"] for event in events)
        self.assertGreater(starts, 0)
        self.assertLessEqual(len(self.pages.asked), starts + again)

    def test_a_note_that_goes_while_it_is_being_kept_is_missed(self):
        """Its transaction waits for the database when the node dies; then the file is removed."""
        (self.notes / "stays.md").write_text("# Stays\n")
        with self.newsroom() as node:
            self.wait_until(lambda: len(self.indexed()) == 1, "not indexed")
            writer = sqlite3.connect(self.file, isolation_level=None)
            self.addCleanup(writer.close)
            writer.execute("BEGIN IMMEDIATE")
            (self.notes / "gone.md").write_text("# Gone\n")
            self.wait_until(lambda: "gone.md" in support.theater("ops", self.data).stdout,
                            "not being kept")
            node.kill()
        (self.notes / "gone.md").unlink()
        with self.newsroom() as node:
            self.wait_until(lambda: "payload: rescan" in support.theater(
                "chain", self.data, "--payloads").stdout, "not told to look")
            writer.execute("ROLLBACK")
            self.wait_until(lambda: self.json("/api/status")["seq"] >= 2, "not kept")
            self.wait_for_index()
            self.assertEqual(node.stop(), 0, node.text())
        self.assert_chain_holds()

    def check_heard(self, listeners, last):
        *pollers, subscriber, socket = listeners
        for poller in pollers:
            self.assertEqual(poller.seqs, list(range(1, last + 1)))
            self.assertGreaterEqual(poller.broken, CYCLES)
        self.assertEqual(subscriber.seqs, sorted(set(subscriber.seqs)))
        self.assertEqual(socket.seqs, sorted(set(socket.seqs)))
        self.assertEqual(socket.gaps, [])

    def some_notes(self):
        (self.notes / "apple.md").write_text("# Red apple\n\nIt fell. https://example.org/tree\n")
        (self.notes / "deep").mkdir()
        (self.notes / "deep" / "sky.md").write_bytes(b"blue\xff sky without heading\n")
        (self.notes / "other.txt").write_text("# no note\n")

    def test_the_api(self):
        self.some_notes()
        with self.newsroom() as node:
            self.wait_until(lambda: len(self.indexed()) == 2, "not indexed")
            self.wait_until(lambda: self.json("/api/status")["seq"] == 2, "not told")
            found = self.json("/api/search?q=fel")["found"]
            self.assertEqual([(hit["path"], hit["title"]) for hit in found],
                             [("apple.md", "Red apple")])
            self.assertIn("\x02fell\x03", found[0]["excerpt"])
            self.assertEqual(self.json("/api/search?q=%22%20nothing")["found"], [])
            self.assertEqual([hit["path"] for hit in self.json("/api/search")["found"]],
                             ["deep/sky.md", "apple.md"])
            note = self.json("/api/note?path=apple.md")
            self.assertEqual(note["links"][0]["url"], "https://example.org/tree")
            note = self.json("/api/note?path=deep%2Fsky.md")
            self.assertEqual((note["title"], note["body"]),
                             ("sky", "blue\ufffd sky without heading\n"))
            self.assertEqual(len(self.json("/api/changes?after=0")["changes"]), 2)
            self.check_refusals()
            self.check_socket()
            self.assertEqual(node.stop(), 0, node.text())
        self.assert_chain_holds()

    def test_links_get_the_titles_of_their_pages(self):
        home, self.total = self.pages.home, "2s"
        names = ["salt", "none", "open", "script", "wrong", "many", "big", "gone", "away", "slow",
                 "short", "salt#part"]
        refused = ["http://127.0.0.1:1/", "https://other.example/"]  # no server that is granted
        urls = [f"{home}/{name}" for name in names] + refused
        (self.notes / "links.md").write_text(" ".join(urls) + f" and again {home}/salt\n")
        with self.newsroom() as node:
            self.wait_until(lambda: len(self.rows("SELECT * FROM links")) == len(urls), "no links")
            self.wait_for_titles()
            self.check_titles(urls)
            asked = sorted(self.pages.asked)
            self.assertEqual(asked, sorted(f"/{name.split('#')[0]}" for name in names))
            (self.notes / "more.md").write_text(f"{home}/salt {home}/new\n")
            self.wait_until(lambda: "/new" in self.pages.asked, "not asked")
            self.wait_for_titles()
            node.kill()
        with self.newsroom() as node:
            self.wait_until(lambda: self.json("/api/status")["seq"] == 2, "not told")
            (self.notes / "last.md").write_text(f"{home}/last {home}/new\n")
            self.wait_until(lambda: "/last" in self.pages.asked, "not asked")
            self.wait_for_titles()
            self.assertEqual(sorted(self.pages.asked), sorted([*asked, "/new", "/last"]))
            self.assertEqual(node.stop(), 0, node.text())
        self.assert_chain_holds()

    def check_titles(self, urls):
        note = self.json("/api/note?path=links.md")
        self.assertEqual([link["url"] for link in note["links"]], urls)
        for link in note["links"]:
            name = "/" + link["url"].rsplit("/", 1)[1].split("#")[0]
            title = Pages.titled.get(name, "") if link["url"].startswith(self.pages.home) else ""
            wanted = ("titled", title) if title else ("failed", "")
            self.assertEqual((link["status"], link["title"]), wanted, link["url"])

    def check_refusals(self):
        wanted = {"/api/note?path=no.md": 404, "/api/other": 404, "/api/changes?after=x": 400,
                  "/api/changes?after=99": 409}
        for path, status in wanted.items():
            self.assertEqual(self.ask(path).status, status, path)
        self.assertEqual(self.ask("/api/search", method="DELETE").status, 405)
        self.assertEqual(self.ask("/api/status", method="HEAD").status, 200)

    def check_socket(self):
        with self.connect("/ws") as client:
            self.assertEqual(json.loads(client.recv()), {"notes": 2, "seq": 2})
            client.send("blue")
            answer = json.loads(client.recv())
            self.assertEqual([hit["path"] for hit in answer["found"]], ["deep/sky.md"])
            (self.notes / "apple.md").unlink()
            self.assertEqual(json.loads(client.recv()), {
                "seq": 3, "kind": "removed", "path": "apple.md", "title": ""})

    def test_replay_opens_no_socket_no_watch_and_no_database(self):
        strace = shutil.which("strace")
        if strace is None:
            self.skipTest("strace is not installed (tools/setup --tests)")
        self.some_notes()
        with self.newsroom() as node:
            self.wait_until(lambda: len(self.indexed()) == 2, "not indexed")
            self.wait_until(lambda: self.json("/api/status")["seq"] == 2, "not told")
            self.json("/api/search?q=apple")
            self.assertEqual(node.stop(), 0, node.text())
        for leftover in self.folder.glob("index.db*"):
            leftover.unlink()
        shutil.rmtree(self.notes)
        trace = self.folder / "trace"
        calls = "openat,openat2,open,socket,bind,listen,connect,inotify_init1,inotify_add_watch"
        result = subprocess.run([strace, "-f", "-e", f"trace={calls}", "-o", trace,
                                 support.THEATER, "replay", self.data, "--json"],
                                capture_output=True, text=True, timeout=120)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertTrue(json.loads(result.stdout.splitlines()[-1])["equal"])
        touched = [line for line in trace.read_text().splitlines()
                   if re.search(r" (socket|bind|listen|connect|inotify\w+|openat2)\(|index\.db|"
                                + re.escape(str(self.notes)), line)]
        self.assertEqual(touched, [])
        self.assertEqual(list(self.folder.glob("index.db*")), [])


class PageTest(NewsroomTest):
    """The page in a real browser; what the class above tests is not run again."""

    test_kills_lose_nothing_and_double_nothing = None
    test_the_api = None
    test_a_note_that_goes_while_it_is_being_kept_is_missed = None
    test_links_get_the_titles_of_their_pages = None
    test_replay_opens_no_socket_no_watch_and_no_database = None

    def setUp(self):
        super().setUp()
        if not shutil.which("chromedriver") or not shutil.which("chromium"):
            self.skipTest("chromium is not installed (tools/setup --tests)")
        self.browser = Browser(self.folder / "profile")
        self.addCleanup(self.browser.close)

    def wait_for_page(self, script, wanted):
        shown = []
        self.wait_until(lambda: wanted(shown.append(self.browser.run(script)) or shown[-1]),
                        lambda: shown[-1])

    def test_a_page_searches_and_hears_in_three_ways(self):
        self.some_notes()
        heard = "return [...document.querySelectorAll('#changes li')].map(l => l.dataset.seq)"
        text = "return document.body.innerText"
        with self.newsroom() as node:
            self.browser.open_page(f"http://127.0.0.1:{self.port}/")
            self.wait_for_page(heard, lambda seqs: seqs == ["2", "1"])
            self.wait_for_page(text, lambda page: "Red apple" in page and "live" in page)
            for number, way in enumerate(["events", "polls", "socket"], start=3):
                self.browser.run("const way = document.getElementById('way');"
                                 "way.value = arguments[0]; way.onchange()", way)
                (self.notes / f"{way}.md").write_text(f"# Told by {way}\n")
                self.wait_for_page(heard, lambda seqs: seqs[0] == str(number))
                self.wait_for_page(text, lambda page: page.count(f"Told by {way}") >= 3)
            self.browser.run("const words = document.getElementById('words');"
                             "words.value = 'fel'; words.oninput()")
            self.wait_for_page("return [...document.querySelectorAll('.hit mark')]"
                               ".map(m => m.innerText)", lambda marks: marks == ["fell"])
            self.browser.run("document.querySelector('.hit').click()")
            self.wait_for_page(text, lambda page: "It fell." in page)
            self.keep_picture()
            self.assertEqual(node.stop(), 0, node.text())

    def keep_picture(self):
        """NEWSROOM_PICTURE=FILE.png keeps what the page looks like, for people."""
        if "NEWSROOM_PICTURE" in os.environ:
            picture = base64.b64decode(self.browser.call("GET", "/screenshot"))
            Path(os.environ["NEWSROOM_PICTURE"]).write_bytes(picture)


if __name__ == "__main__":
    support.main()
