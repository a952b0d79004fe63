#!/usr/bin/env python3
"""Builds the echo actors written in other languages than C++ into build/actors/.

    tools/build_languages.py                    all of them
    tools/build_languages.py echo-js echo-rust  these

A language whose tools cannot be had here is skipped with a reason, which also stands in
build/actors/NAME.skipped, where the tests read it. Needs Python's standard library only.
"""

import argparse
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
ACTORS = ROOT / "build" / "actors"
WORK = ROOT / "build" / "languages"
PYTHON_TOOLS = ROOT / "build" / "tools" / "python" / "bin"
NODE_TOOLS = ROOT / "build" / "tools" / "node" / "node_modules" / ".bin"
WORLD = "example:echo/echo"
RUST_TARGET = "wasm32-unknown-unknown"
RUSTUP_SECONDS = 180
BUILD_SECONDS = 900


class Skipped(Exception):
    """This language's tools cannot be had here."""


class Failed(Exception):
    """The tools are there and the build failed."""


def tool(name, folder):
    """The path of a tool that set-up installed, or of one on the PATH."""
    found = shutil.which(name, path=str(folder)) or shutil.which(name)
    if not found:
        raise Skipped(f"no {name}; run tools/setup --tests")
    return found


def run(command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          timeout=BUILD_SECONDS, **options)
    if done.returncode != 0:
        raise Failed(f"{command[0]} failed:\n{done.stdout}{done.stderr}".rstrip())


def staged_wit(name):
    """A WIT folder of the actor's world with the contract as its dependency."""
    wit = WORK / name / "wit"
    shutil.rmtree(wit, ignore_errors=True)
    shutil.copytree(ROOT / "wit", wit / "deps" / "theater-actor")
    shutil.copy(ROOT / "actors" / name / "world.wit", wit)
    return wit


def has_rust_target():
    libraries = subprocess.run(["rustc", "--print", "target-libdir", "--target", RUST_TARGET],
                               capture_output=True, text=True, check=False)
    folder = pathlib.Path(libraries.stdout.strip())
    return libraries.returncode == 0 and any(folder.glob("libcore-*"))


def ensure_rust_target():
    if not shutil.which("cargo") or not shutil.which("rustc"):
        raise Skipped("no cargo")
    if has_rust_target():
        return
    if shutil.which("rustup"):
        try:
            subprocess.run(["rustup", "target", "add", RUST_TARGET], capture_output=True,
                           timeout=RUSTUP_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            pass
    if not has_rust_target():
        raise Skipped("no wasm32 target")


def build_rust(folder, output):
    ensure_rust_target()
    wasm_tools = tool("wasm-tools", PYTHON_TOOLS)
    target = WORK / folder.name
    run(["cargo", "build", "--quiet", "--release", "--locked", "--target", RUST_TARGET,
         "--target-dir", target, "--manifest-path", folder / "Cargo.toml"])
    core = target / RUST_TARGET / "release" / (folder.name.replace("-", "_") + ".wasm")
    run([wasm_tools, "component", "new", core, "-o", output])


def build_js(folder, output):
    run([tool("componentize-qjs", NODE_TOOLS), "--wit", staged_wit(folder.name), "--world", "echo",
         "--js", folder / "echo.js", "--stub-wasi", "--sync", "--opt-size", "--output", output])


def build_python(folder, output):
    run([tool("componentize-py", PYTHON_TOOLS), "--quiet", "--wit-path", staged_wit(folder.name),
         "--world", WORLD, "componentize", "--stub-wasi", "--python-path", folder,
         "--output", output, "echo_actor"])


BUILDERS = {"echo-rust": build_rust, "echo-js": build_js, "echo-python": build_python}


def build(name):
    """Builds one actor; answers whether it did not fail."""
    started = time.monotonic()
    final, reason = ACTORS / f"{name}.wasm", ACTORS / f"{name}.skipped"
    part = ACTORS / f"{name}.part.wasm"
    reason.unlink(missing_ok=True)
    try:
        BUILDERS[name](ROOT / "actors" / name, part)
    except Skipped as why:
        final.unlink(missing_ok=True)
        reason.write_text(f"skipped: {why}\n")
        print(f"{name}: skipped: {why}")
        return True
    except Failed as why:
        print(f"{name}: {why}", file=sys.stderr)
        return False
    part.replace(final)
    print(f"{name}: {final.stat().st_size:,} bytes in {time.monotonic() - started:.1f} s")
    return True


def main():
    parser = argparse.ArgumentParser(description="Builds the actors in other languages.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BUILDERS))
    names = parser.parse_args().names or list(BUILDERS)
    for name in names:
        if name not in BUILDERS:
            parser.error(f"no actor {name}; there are {', '.join(BUILDERS)}")
    ACTORS.mkdir(parents=True, exist_ok=True)
    return 0 if all([build(name) for name in names]) else 1


if __name__ == "__main__":
    sys.exit(main())
