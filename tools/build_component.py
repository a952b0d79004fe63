#!/usr/bin/env python3
"""Turns an actor's project folder into a WebAssembly component.

    tools/build_component.py actors/chat
    tools/build_component.py actors/chat --output build/actors/chat.wasm --work build/guests/chat
    tools/build_component.py actors/chat --test

The folder holds NAME.toml (the manifest; its `component` says where the result goes), *.cc files
and perhaps a folder wit/ with interfaces of its own. Files named *_test.cc are left out: they are
native, and --test builds and runs them. What the component imports and exports follows from what
the code uses and implements.
"""

import argparse
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import time
import tomllib

import wit_bindgen
from wit import core_module, model
from wit.tool import ROOT, ToolError, find_wasm_tools, write_if_changed

KIT = ROOT / "sdk" / "cpp"
COMPILERS = ("clang++-19", "clang++-20", "clang++-21", "clang++")
FLAGS = ["--target=wasm32-wasi", "-std=c++23", "-O2", "-fno-exceptions", "-fno-rtti",
         "-fno-threadsafe-statics", "-ffunction-sections", "-fdata-sections", "-mbulk-memory",
         "-msign-ext", "-mnontrapping-fptoint", "-Wall", "-Wextra"]
NATIVE_FLAGS = ["-std=c++23", "-O0", "-g1", "-Wall", "-Wextra"]
LINK_FLAGS = ["--target=wasm32-wasi", "-nostartfiles", "-Wl,--no-entry", "-Wl,--gc-sections",
              "-Wl,--stack-first", "-Wl,-z,stack-size=131072", "-Wl,--fatal-warnings"]


class Project:
    """An actor's folder."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        if not folder.is_dir():
            raise ToolError(f"{folder} is not a folder")
        self.tests = sorted(folder.glob("*_test.cc"))
        self.sources = sorted(s for s in folder.glob("*.cc") if not s.name.endswith("_test.cc"))
        if not self.sources:
            raise ToolError(f"{folder} has no *.cc file to build")

    def component(self) -> pathlib.Path:
        """Where the manifest looks for the component."""
        manifests = [m for m in sorted(self.folder.glob("*.toml"))]
        if len(manifests) != 1:
            raise ToolError(f"{self.folder} must have one manifest NAME.toml, it has "
                            f"{len(manifests)}")
        try:
            component = tomllib.loads(manifests[0].read_text()).get("component")
        except tomllib.TOMLDecodeError as error:
            raise ToolError(f"{manifests[0]}: {error}") from error
        if not isinstance(component, str):
            raise ToolError(f"{manifests[0]}: `component` must be the path of the component")
        return self.folder / component


class Build:
    """One run: where things are and the programs used."""

    def __init__(self, project: Project, work: pathlib.Path, arguments):
        self.project = project
        self.work = work
        self.wasm_tools = find_wasm_tools(arguments.wasm_tools)
        self.compiler = find_compiler(arguments.compiler)
        self.keep_names = arguments.names
        self.shared = arguments.kit_work or default_kit_work(work)

    def component(self, output: pathlib.Path) -> list[str]:
        """Builds all; answers the names of the functions the component imports."""
        wit, document, bindings = self._bindings()
        core = self._link(self._compile(bindings))
        imports, exports = core_module.names(core)
        world = synthesise_world(document, imports, exports)
        (wit / "world.wit").write_text(world)
        self._wrap(core, wit, output)
        return [f"{module}#{name}" for module, name in imports]

    def test(self) -> int:
        """Builds the native tests and runs them; answers their exit status."""
        if not self.project.tests:
            raise ToolError(f"{self.project.folder} has no *_test.cc")
        self._bindings()
        program = self.work / "test"
        sources = [*self.project.tests, *(KIT / "source").glob("*.cc"),
                   *(KIT / "source" / "native").glob("*.cc")]
        objects = [(s, self.work / ("native-" + s.stem + ".o")) for s in sources]
        finish([self._start_compiler(s, made, NATIVE_FLAGS) for s, made in objects])
        run([self.compiler, *(made for _, made in objects), "-lgtest_main", "-lgtest", "-lpthread",
             "-o", program], "linking failed")
        return subprocess.run([program], check=False).returncode

    def _bindings(self) -> tuple[pathlib.Path, dict, str]:
        """Writes the bindings; answers the WIT's folder, its JSON and the bindings."""
        wit = self._stage_wit()
        document = wit_bindgen.resolve(self.wasm_tools, wit)
        bindings = wit_bindgen.header(document)
        write_if_changed(self.work / "include" / "theater" / "bindings.h", bindings)
        return wit, document, bindings

    def _stage_wit(self) -> pathlib.Path:
        """Lays out a WIT package whose dependencies are the contract and the project's own."""
        wit = self.work / "wit"
        shutil.rmtree(wit, ignore_errors=True)
        shutil.copytree(ROOT / "wit", wit / "deps" / "theater-actor")
        own = self.project.folder / "wit"
        if own.is_dir():
            shutil.copytree(own, wit / "deps" / "project", ignore=shutil.ignore_patterns("deps"))
            for dependency in sorted((own / "deps").glob("*")):
                if dependency.name != "theater-actor":
                    shutil.copytree(dependency, wit / "deps" / dependency.name)
        (wit / "world.wit").write_text("package theater:build;\n")
        return wit

    def _compile(self, bindings: str) -> list[pathlib.Path]:
        """Compiles the project and, at the same time if they changed, the kit's own sources."""
        own = [(source, self.work / (source.stem + ".o")) for source in self.project.sources]
        running = [self._start_compiler(source, made) for source, made in own]
        kit = self._kit_objects(bindings)
        finish(running)
        return [made for _, made in own] + kit

    def _kit_objects(self, bindings: str) -> list[pathlib.Path]:
        """The kit's objects, compiled by the first build that needs them; others wait for it."""
        folder = self.shared / ("kit-" + self._kit_digest(bindings))
        folder.mkdir(parents=True, exist_ok=True)
        objects = [(source, folder / (source.stem + ".o")) for source in kit_sources()]
        with open(folder / "lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            missing = [(s, made, made.with_suffix(".part")) for s, made in objects
                       if not made.exists()]
            finish([self._start_compiler(source, part) for source, _, part in missing])
            for _, made, part in missing:
                part.replace(made)
        return [made for _, made in objects]

    def _start_compiler(self, source: pathlib.Path, made: pathlib.Path,
                        flags: list[str] | None = None) -> subprocess.Popen:
        include = [f"-I{self.work / 'include'}", f"-I{KIT / 'include'}"]
        return start([self.compiler, *(flags or FLAGS), *include, "-c", source, "-o", made])

    def _kit_digest(self, bindings: str) -> str:
        digest = hashlib.sha256(" ".join([self.compiler, *FLAGS, bindings]).encode())
        for file in sorted((KIT / "include").rglob("*.h")) + kit_sources():
            digest.update(file.read_bytes())
        return digest.hexdigest()[:16]

    def _link(self, objects: list[pathlib.Path]) -> pathlib.Path:
        core = self.work / "core.wasm"
        strip = "-Wl,--strip-debug" if self.keep_names else "-Wl,--strip-all"
        run([self.compiler, *LINK_FLAGS, strip, *objects, "-o", core], "linking failed")
        return core

    def _wrap(self, core: pathlib.Path, wit: pathlib.Path, output: pathlib.Path):
        embedded, part = self.work / "embedded.wasm", self.work / "component.wasm"
        tool = [self.wasm_tools, "component"]
        run([*tool, "embed", wit, core, "--world", "actor", "-o", embedded],
            "the module does not fit the WIT")
        run([*tool, "new", embedded, "-o", part], "the module does not make a component")
        output.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(part, output.with_name(output.name + ".part"))
        output.with_name(output.name + ".part").replace(output)


def synthesise_world(document: dict, imports: list[tuple[str, str]], exports: list[str]) -> str:
    """The world of a core module: the interfaces it imports from and exports to."""
    known = {scope.module() for scope in model.load(document) if not scope.is_world}
    for module, name in imports:
        if module not in known:
            raise ToolError(f"the code needs `{name}` of `{module}`, which actors do not have")
    exported = {name.partition("#")[0] for name in exports if "#" in name}
    if not exported:
        raise ToolError("nothing is exported: name the actor's class in THEATER_ACTOR(Class)")
    lines = [f"  import {module};" for module in sorted({module for module, _ in imports})]
    lines += [f"  export {module};" for module in sorted(exported)]
    return "package theater:build;\n\nworld actor {\n" + "\n".join(lines) + "\n}\n"


def default_kit_work(work: pathlib.Path) -> pathlib.Path:
    """All projects share the kit's objects, if the kit stands where that can be."""
    return ROOT / "build" / "guest-kit" if os.access(ROOT, os.W_OK) else work


def kit_sources() -> list[pathlib.Path]:
    """What every component is linked with."""
    return sorted([*(KIT / "source").glob("*.cc"), *(KIT / "source" / "wasm").glob("*.cc")])


def find_compiler(given: str | None) -> str:
    for name in [given] if given else COMPILERS:
        if shutil.which(name):
            return name
    raise ToolError(f"no compiler: {given or ', '.join(COMPILERS)} not found; run tools/setup")


def start(command: list) -> subprocess.Popen:
    return subprocess.Popen([str(part) for part in command])


def finish(running: list[subprocess.Popen]):
    """Waits for all of them before it complains about any."""
    if any([process.wait() != 0 for process in running]):
        raise ToolError("compiling failed; see above")


def run(command: list, complaint: str):
    if start(command).wait() != 0:
        raise ToolError(complaint + "; see above")


def parse_arguments():
    parser = argparse.ArgumentParser(
        description="Turns an actor's project folder into a component.")
    path = pathlib.Path
    parser.add_argument("folder", type=path, nargs="?", default=path("."))
    parser.add_argument("--output", type=path, help="default: as the manifest says")
    parser.add_argument("--work", type=path, help="for files between; default: FOLDER/build/guest")
    parser.add_argument("--kit-work", type=path, help="for the kit's objects, if shared")
    parser.add_argument("--wasm-tools", help="default: as installed by tools/setup, or on the PATH")
    parser.add_argument("--compiler", help="a clang++ that can build for wasm32-wasi")
    parser.add_argument("--names", action="store_true",
                        help="keep the names of functions, for traces of traps")
    parser.add_argument("--test", action="store_true", help="run the *_test.cc natively instead")
    return parser.parse_args()


def main() -> int:
    arguments, started = parse_arguments(), time.monotonic()
    try:
        project = Project(arguments.folder)
        work = (arguments.work or arguments.folder / "build" / "guest").absolute()
        work.mkdir(parents=True, exist_ok=True)
        build = Build(project, work, arguments)
        if arguments.test:
            return build.test()
        output = arguments.output or project.component()
        imports = build.component(output)
    except (ToolError, model.WitError) as error:
        print(f"theater build: {error}", file=sys.stderr)
        return 1
    used = ", ".join(sorted({name.partition("#")[2] for name in imports})) or "nothing"
    seconds = time.monotonic() - started
    print(f"{output}: {output.stat().st_size:,} bytes in {seconds:.1f} s; uses {used}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
