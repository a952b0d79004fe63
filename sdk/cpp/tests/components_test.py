"""The sample components are valid, import only what they use, and are small.

Run with the folder of the built components: components_test.py build/actors
"""

import pathlib
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools"))

from wit.testing import read  # noqa: E402
from wit.tool import find_wasm_tools  # noqa: E402

FOLDER = pathlib.Path(sys.argv.pop() if len(sys.argv) > 1 else ROOT / "build" / "actors")
BYTES_MAX = 64 * 1024
SAMPLES = {
    "chat": ({"websocket-server#send", "websocket-server#publish", "websocket-server#close"},
             {"lifecycle#init", "websocket-server-handler#handle-events"}),
    "counter": ({"timer#every", "runtime#log"},
                {"lifecycle#init", "timer-handler#handle-events"}),
    "echo": ({"websocket-server#send"},
             {"lifecycle#init", "websocket-server-handler#handle-events"}),
}


def functions(document: dict, side: str) -> set[str]:
    world, = document["worlds"]
    interfaces = [document["interfaces"][item["interface"]["id"]] for item in world[side].values()]
    return {f"{i['name']}#{name}" for i in interfaces for name in i["functions"]}


class ComponentsTest(unittest.TestCase):

    def test_samples(self):
        for name, (imports, exports) in SAMPLES.items():
            with self.subTest(component=name):
                path = FOLDER / f"{name}.wasm"
                subprocess.run([find_wasm_tools(), "validate", str(path)], check=True)
                document = read(path)
                self.assertEqual(functions(document, "imports"), imports)
                self.assertEqual(functions(document, "exports"), exports)
                self.assertLess(path.stat().st_size, BYTES_MAX)

    def test_the_chat_actor_is_short(self):
        self.assertLess(len((ROOT / "actors/chat/actor.cc").read_text().splitlines()), 80)

    def test_the_page_needs_nothing_from_elsewhere(self):
        page = (ROOT / "actors/chat/static/index.html").read_text()
        outside = page.replace("http://www.w3.org/2000/svg", "")
        for word in ("http://", "https://", " src=", "@import", "<link rel=\"stylesheet"):
            self.assertNotIn(word, outside)


if __name__ == "__main__":
    unittest.main()
