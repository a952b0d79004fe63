"""What the tests of these tools share."""

import json
import pathlib
import subprocess
import tempfile

from wit.tool import find_wasm_tools


def document(wit: str) -> dict:
    """The JSON of a WIT text."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "test.wit"
        path.write_text(wit)
        return read(path)


def read(path: pathlib.Path) -> dict:
    """The JSON of a WIT file, folder or component."""
    done = subprocess.run([find_wasm_tools(), "component", "wit", "--json", str(path)],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)
