"""Two real browser pages chat; a reload shows the history; the page shows the chain's head.

Drives Debian's chromium through chromedriver by the W3C WebDriver protocol.
"""

import json
import shutil
import subprocess
import time
import urllib.request

import support
from support import free_port, theater_json

WAIT_SECONDS = 20
CHROMIUM_ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
                      "--no-first-run", "--disable-background-networking",
                      "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]


class Browser:
    """One chromedriver session with as many pages as are opened."""

    def __init__(self, folder):
        self.port = free_port()
        self.driver = subprocess.Popen(["chromedriver", f"--port={self.port}"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.session = ""
        self.wait_for_driver()
        options = {"args": CHROMIUM_ARGUMENTS + [f"--user-data-dir={folder}"],
                   "binary": shutil.which("chromium")}
        answer = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options}}})
        self.session = "/session/" + answer["sessionId"]

    def wait_for_driver(self):
        end = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                if self.call("GET", "/status")["ready"]:
                    return
            except OSError:
                if time.monotonic() > end:
                    raise
            time.sleep(0.05)

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{self.session}{path}",
                                         data=data, method=method)
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.loads(response.read())["value"]

    def open_page(self, url):
        handle = self.call("POST", "/window/new", {"type": "tab"})["handle"]
        self.use(handle)
        self.call("POST", "/url", {"url": url})
        return handle

    def use(self, handle):
        self.call("POST", "/window", {"handle": handle})

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def close(self):
        try:
            self.call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait(WAIT_SECONDS)


class BrowserTest(support.ActorTest):

    def setUp(self):
        super().setUp()
        if not shutil.which("chromedriver") or not shutil.which("chromium"):
            self.skipTest("chromium is not installed (tools/setup --tests)")
        self.browser = Browser(self.folder / "profile")
        self.addCleanup(self.browser.close)

    def wait_for(self, script, wanted, *arguments):
        """Runs the script until its result satisfies `wanted`; returns the result."""
        end = time.monotonic() + WAIT_SECONDS
        while True:
            result = self.browser.run(script, *arguments)
            if wanted(result):
                return result
            if time.monotonic() > end:
                self.fail(f"the page never showed it; last: {result!r}")
            time.sleep(0.05)

    def wait_for_text(self, text):
        self.wait_for("return document.body.innerText", lambda page: text in (page or ""))

    def say(self, text):
        """Types into the page's text field and submits its form, as a person would."""
        field = self.browser.call("POST", "/element", {"using": "css selector",
                                                       "value": "input, textarea"})
        element = next(iter(field.values()))
        self.wait_for("return !document.querySelector('input, textarea').disabled", bool)
        self.browser.call("POST", f"/element/{element}/value", {"text": text + "\ue007"})

    def shown_head(self):
        return self.browser.run("const e = document.querySelector('[data-head]');"
                                "return e ? e.dataset.head : ''")

    def test_two_pages_chat_and_show_the_head(self):
        with self.node("chat"):
            url = f"http://127.0.0.1:{self.port}/"
            first = self.browser.open_page(url)
            second = self.browser.open_page(url)
            self.say("hello from the second page")
            self.wait_for_text("hello from the second page")
            self.browser.use(first)
            self.wait_for_text("hello from the second page")
            self.say("and hello from the first")
            self.browser.use(second)
            self.wait_for_text("and hello from the first")
            self.browser.call("POST", "/refresh", {})
            self.wait_for_text("hello from the second page")
            self.wait_for_text("and hello from the first")
            self.check_head()

    def test_pages_poll_and_listen_across_a_restart(self):
        """fetch's long polls and EventSource show each note once, in order."""
        script = ("return ['polled', 'heard'].map(id => [...document.getElementById(id).children]"
                  ".map(item => item.innerText))")
        with self.node("board"):
            port = self.port
            first = self.browser.open_page(f"http://127.0.0.1:{port}/")
            self.browser.open_page(f"http://127.0.0.1:{port}/")
            self.say("one")
            self.wait_for(script, lambda shown: shown == [["1 one"], ["1 one"]])
            self.browser.use(first)
            self.wait_for(script, lambda shown: shown == [["1 one"], ["1 one"]])
        with self.node("board", port=port):
            time.sleep(3)  # the browser comes back after `retry`
            self.say("two")
            self.wait_for(script, lambda shown: [shown[0][-1], shown[1][-1]] == ["2 two"] * 2)
            shown = self.browser.run(script)
            self.assertEqual(shown[0], ["1 one", "2 two"])
            self.assertEqual(shown[1][-1], "2 two")
        self.assert_chain_holds()

    def check_head(self):
        """The page comes to show the head that `theater actors` prints."""
        end = time.monotonic() + WAIT_SECONDS
        while True:
            actor = theater_json("actors", self.data)[0]
            shown = self.shown_head()
            if shown and shown == actor["head"]:
                return
            if time.monotonic() > end:
                self.fail(f"the page shows head {shown!r}, the chain has {actor['head']!r}")
            time.sleep(0.2)


if __name__ == "__main__":
    support.main()
