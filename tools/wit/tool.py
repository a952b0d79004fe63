"""What the guest tools share: where wasm-tools is, and files written only if they change."""

import os
import pathlib
import shutil

ROOT = pathlib.Path(__file__).resolve().parents[2]


class ToolError(Exception):
    """A step that failed; the text is for the user."""


def find_wasm_tools(given: str | None = None) -> str:
    """The argument, else $THEATER_WASM_TOOLS, else what tools/setup installed, else the PATH."""
    for asked in (given, os.environ.get("THEATER_WASM_TOOLS")):
        if asked:
            if shutil.which(asked) is None:
                raise ToolError(f"cannot run `{asked}`")
            return asked
    private = ROOT / "build" / "tools" / "python" / "bin" / "wasm-tools"
    found = str(private) if private.exists() else shutil.which("wasm-tools")
    if found is None:
        raise ToolError("wasm-tools not found: run tools/setup, or say where it is with "
                        "--wasm-tools or THEATER_WASM_TOOLS")
    return found


def write_if_changed(path: pathlib.Path, text: str):
    """Leaves the file's time alone if it already says so."""
    if path.exists() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(text)
    temporary.replace(path)
