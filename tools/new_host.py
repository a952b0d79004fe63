#!/usr/bin/env python3
"""Makes a new host family: a folder that builds, with tests that pass, to be changed into yours.

    tools/new_host.py kv

It writes src/hosts/NAME/ (README, limits, machine, instance, family, tests with the conformance
set), wit/NAME.wit, and in src/hosts/ its line in all_hosts.cc, its row in README.md, its table in
tables_test.cc and its limits in grant_examples_test.cc. What it makes is a small store of values
with expiry, which has one of everything: an effect, a read, an operation on a worker, events, a
timer, restart. docs/recipes/add-a-host.md walks through it.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys

TEMPLATES = pathlib.Path(__file__).resolve().parent / "host_template"
FILES = ("README.md", "limits.h", "machine.h", "instance.h", "instance.cc", "family.h", "family.cc",
         "conformance_test.cc")


class Mistake(Exception):
    """What the user should hear."""


class Scaffold:
    """One family in one source tree."""

    def __init__(self, root: pathlib.Path, name: str):
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
            raise Mistake(f"{name} is no name of a family; it is like http-client")
        self.root, self.name = root, name
        self.space = name.replace("-", "_")
        self.pascal = "".join(part.capitalize() for part in name.split("-"))
        self.folder = root / "src" / "hosts" / self.space
        self.wit = root / "wit" / f"{name}.wit"
        for path in (self.folder, self.wit):
            if path.exists():
                raise Mistake(f"{path} exists already")

    def fill(self, template: str) -> str:
        text = (TEMPLATES / f"{template}.in").read_text()
        text = text.replace("@name@", self.name).replace("@space@", self.space)
        return text.replace("@Name@", self.pascal)

    def write(self):
        hosts = self.root / "src" / "hosts"
        changes = {"all_hosts.cc": self.list_in, "README.md": self.describe_in,
                   "tables_test.cc": self.check_table_in,
                   "grant_examples_test.cc": self.check_defaults_in}
        changed = {hosts / name: change((hosts / name).read_text())
                   for name, change in changes.items()}
        self.folder.mkdir()
        for name in FILES:
            (self.folder / name).write_text(self.fill(name))
        self.wit.write_text(self.fill("wit"))
        for path, text in changed.items():
            path.write_text(text)
        self.format([path for path in changed if path.suffix == ".cc"])

    def format(self, changed):
        """Lays the sources out, if clang-format is there: a name's length moves line ends."""
        program = shutil.which("clang-format-19") or shutil.which("clang-format")
        if program:
            style = f"--style=file:{TEMPLATES.parent.parent / '.clang-format'}"
            sources = sorted([*self.folder.glob("*.cc"), *self.folder.glob("*.h"), *changed])
            subprocess.run([program, "-i", style, *sources], check=False)

    def include_in(self, text: str, header: str) -> str:
        """With a header of this family among those of the others."""
        others = re.search(r'(?m)(?:^#include "hosts/\w+/\w+\.h"\n)+', text)
        if others is None:
            raise Mistake(f"no file of src/hosts includes a {header}")
        include = f'#include "hosts/{self.space}/{header}"\n'
        lines = sorted([*others[0].splitlines(keepends=True), include])
        return text[:others.start()] + "".join(lines) + text[others.end():]

    def list_in(self, text: str) -> str:
        """The list of families, with this one at its end: a family's place is its index."""
        places = list(re.finditer(r"  families_\.push_back\(.*\);\n", text))
        if not places:
            raise Mistake("src/hosts/all_hosts.cc has another shape than this program knows")
        end = places[-1].end()
        text = text[:end] + f"  families_.push_back({self.space}::make_family());\n" + text[end:]
        return self.include_in(text, "family.h")

    def check_table_in(self, text: str) -> str:
        end = text.rfind("\n}  // namespace\n}  // namespace theater::hosts")
        if end < 0:
            raise Mistake("src/hosts/tables_test.cc has another end than this program knows")
        return self.include_in(text[:end] + "\n" + self.fill("tables_test.cc") + text[end:],
                               "machine.h")

    def check_defaults_in(self, text: str) -> str:
        others = re.search(r'(?:  expect_defaults\(".*\);\n)+', text)
        if others is None:
            raise Mistake("src/hosts/grant_examples_test.cc checks no defaults")
        line = f'  expect_defaults("{self.name}", {self.space}::kLimitFields);\n'
        lines = sorted([*others[0].splitlines(keepends=True), line])
        text = text[:others.start()] + "".join(lines) + text[others.end():]
        return self.include_in(text, "limits.h")

    def describe_in(self, text: str) -> str:
        rows = list(re.finditer(r"(?m)^- `\w+`: .*\n(?:  .*\n)*", text))
        if not rows:
            raise Mistake("src/hosts/README.md has no list of families")
        end = rows[-1].end()
        return text[:end] + f"- `{self.space}`: values by key, each for a while.\n" + text[end:]


def main() -> int:
    parser = argparse.ArgumentParser(description="Makes a new host family, to be changed.",
                                     epilog="Example: tools/new_host.py kv")
    parser.add_argument("name", help="the family's name, as in [grants.NAME]: kv, http-client")
    parser.add_argument("--root", type=pathlib.Path, help="the source tree (this one)",
                        default=pathlib.Path(__file__).resolve().parent.parent)
    arguments = parser.parse_args()
    try:
        scaffold = Scaffold(arguments.root, arguments.name)
        scaffold.write()
    except Mistake as mistake:
        print(f"new_host: {mistake}", file=sys.stderr)
        return 2
    print(f"{scaffold.folder}\n{scaffold.wit}\nNext: docs/recipes/add-a-host.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
