#!/usr/bin/env python3
"""Holds the sources to the rules of STYLE.md that a program can check.

Prints one line a finding, FILE:LINE: rule: what is wrong, and exits 1 if there is any. Exceptions
stand in tools/tidy_exceptions.txt as `PATH RULE REASON`; one that is not needed is a finding too.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXCEPTIONS = ROOT / "tools" / "tidy_exceptions.txt"

HEADER_LINES_MAX = 200
SOURCE_LINES_MAX = 500
FUNCTION_LINES_MAX = 60
COLUMNS_MAX = 100
README_LINES_MAX = 60

# Rooms in the order they may know each other: a room includes only rooms of earlier ranks and
# itself. Rooms of one rank do not know each other, except as EXTRA says.
RANKS = [["base"], ["io"], ["wasm", "chain"], ["store"], ["actor"], ["host"], ["hosts"],
         ["replay"], ["node"], ["cli"]]
RANK_OF = {room: rank for rank, rooms in enumerate(RANKS) for room in rooms}

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
BOOL_PARAMETER = re.compile(r"[(,]\s*(?:const\s+)?bool\s+\w+\s*(?=[,)=])")
FUNCTION_START = re.compile(r"\).*\{\s*$")
NOT_FUNCTION = re.compile(
    r"^\s*(?:if|for|while|switch|namespace|class|struct|enum|union|do|else|return|extern|catch)\b")
# What makes something durable, and where the tests stand that leave it out.
SYNC = re.compile(r"\b(?:sync_data|sync_all|sync_directory|write_file_atomically)\(")
SYNC_TABLES = ["src/chain/sync_sites_test.cc", "src/store/crash_test.cc"]
FUNCTION_NAME = re.compile(r"^\w[\w:<>,&* ]*?\b(\w+(?:::\w+)?)\(")


class Findings:
    """Collects findings, less the excepted ones, and notices exceptions nobody needed."""

    def __init__(self):
        self.lines = []
        self.exceptions = {}
        if EXCEPTIONS.exists():
            for number, line in enumerate(EXCEPTIONS.read_text().splitlines(), 1):
                self._read_exception(number, line)

    def _read_exception(self, number, line):
        if not line.strip() or line.startswith("#"):
            return
        parts = line.split(None, 2)
        if len(parts) != 3:
            self.lines.append(
                f"tools/tidy_exceptions.txt:{number}: exception: needs PATH RULE REASON")
            return
        self.exceptions[(parts[0], parts[1])] = [number, False]

    def add(self, path, number, rule, text):
        exception = self.exceptions.get((path, rule))
        if exception:
            exception[1] = True
            return
        self.lines.append(f"{path}:{number}: {rule}: {text}")

    def finish(self):
        for (path, rule), (number, used) in self.exceptions.items():
            if not used:
                self.lines.append(f"tools/tidy_exceptions.txt:{number}: exception: "
                                  f"{path} no longer breaks {rule}")
        return sorted(self.lines)


def tracked_files():
    listing = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"],
                             cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [name for name in listing.splitlines() if (ROOT / name).is_file()]


def without_literals(line):
    """The line with string contents and // comments blanked, so that patterns see only code."""
    line = re.sub(r'"(?:\\.|[^"\\])*"', '""', line)
    line = re.sub(r"'(?:\\.|[^'\\])'", "''", line)
    return line.split("//", 1)[0]


def check_text(path, lines, findings):
    """Rules for every kind of source."""
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS_MAX and "http" not in line:
            findings.add(path, number, "columns", f"{len(line)} columns, at most {COLUMNS_MAX}")
        if UNFINISHED.search(line):
            findings.add(path, number, "unfinished", "finish it or leave it out")
        if line.rstrip() != line:
            findings.add(path, number, "space", "trailing white space")


def check_includes(path, lines, findings):
    """Rooms include only rooms to their left."""
    parts = path.split("/")
    if parts[0] != "src" or parts[1] not in RANK_OF:
        return
    room = parts[1]
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        other = match.group(1).split("/")[0]
        if "/" not in match.group(1):
            findings.add(path, number, "include", f'"{match.group(1)}" is not a full path')
        elif other in RANK_OF and other != room and RANK_OF[other] >= RANK_OF[room]:
            findings.add(path, number, "rooms", f"{room} may not know {other}")
        if not path.endswith("_test.cc") and room != "wasm" and "wasmtime" in line:
            findings.add(path, number, "rooms", "only wasm includes wasmtime's headers")


def function_end(lines, start):
    """Index of the line that closes the brace opened at the end of lines[start]."""
    depth = 0
    for index in range(start, len(lines)):
        code = without_literals(lines[index])
        depth += code.count("{") - code.count("}")
        if depth <= 0:
            return index
    return len(lines) - 1


def check_functions(path, lines, findings):
    """No function body beyond the limit. Knows code laid out by clang-format."""
    index = 0
    while index < len(lines):
        code = without_literals(lines[index])
        if FUNCTION_START.search(code) and not NOT_FUNCTION.match(code):
            end = function_end(lines, index)
            length = end - index + 1
            if length > FUNCTION_LINES_MAX:
                findings.add(path, index + 1, "function",
                             f"{length} lines, at most {FUNCTION_LINES_MAX}")
            index = end
        index += 1


def check_header(path, lines, findings):
    if not any(line.strip() == "#pragma once" for line in lines):
        findings.add(path, 1, "pragma", "a header needs #pragma once")
    for number, line in enumerate(lines, 1):
        if BOOL_PARAMETER.search(without_literals(line)):
            findings.add(path, number, "bool", "a bool parameter; use an enum class")


def check_cpp(path, lines, findings):
    is_header = path.endswith(".h")
    limit = HEADER_LINES_MAX if is_header else SOURCE_LINES_MAX
    if len(lines) > limit:
        findings.add(path, len(lines), "length", f"{len(lines)} lines, at most {limit}")
    if not lines or not lines[0].startswith("//"):
        findings.add(path, 1, "comment", "the first line says what the file is for")
    check_includes(path, lines, findings)
    check_functions(path, lines, findings)
    if is_header:
        check_header(path, lines, findings)


def check_script(path, lines, findings):
    if len(lines) > SOURCE_LINES_MAX:
        findings.add(path, len(lines), "length", f"{len(lines)} lines, at most {SOURCE_LINES_MAX}")


def check_room_readme(path, lines, findings):
    if len(lines) > README_LINES_MAX:
        findings.add(path, len(lines), "length", f"{len(lines)} lines, at most {README_LINES_MAX}")


def check_invariants(findings):
    """Each invariant that code or tests cite stands in docs/invariants.md, and each is tested."""
    page = ROOT / "docs" / "invariants.md"
    if not page.exists():
        return
    known = set(re.findall(r"^## ([A-Z]+-\d+)", page.read_text(), re.M))
    cited = set()
    for name in tracked_files():
        if name.endswith("_test.cc") or name.startswith("tests/"):
            text = (ROOT / name).read_text(errors="replace")
            cited |= set(re.findall(r"\b([A-Z]+-\d)\b", text)) & known
        if name.startswith("src/") and name.endswith((".h", ".cc")):
            checked = set(re.findall(r'CHECK\([^;]*"([A-Z]+-\d+)"\);', (ROOT / name).read_text()))
            for invariant in sorted(checked - known):
                findings.add(name, 1, "invariant", f"{invariant} does not stand in the page")
    for invariant in sorted(known - cited):
        findings.add("docs/invariants.md", 1, "invariant", f"no test cites {invariant}")


def check_syncs(path, lines, tables, findings):
    """Each function that syncs is named by an entry of the tables of syncs that tests leave out."""
    begun = "?"
    for number, line in enumerate(lines, 1):
        start = FUNCTION_NAME.match(line)
        if start and not line.startswith(("namespace", "using", "constexpr", "static", "//")):
            begun = start.group(1)
        if SYNC.search(without_literals(line)) and begun not in tables:
            findings.add(path, number, "sync", f"{begun} syncs, and no entry of a table in "
                                               f"{' or '.join(SYNC_TABLES)} names it")


def check_all_syncs(files, findings):
    tables = "\n".join("\n".join(re.findall(r'"([^"]*)"', (ROOT / name).read_text()))
                       for name in SYNC_TABLES)
    names = set(re.findall(r"\w+(?:::\w+)?", tables))
    for path in files:
        if re.fullmatch(r"src/(chain|store)/\w+(?<!_test)\.cc", path):
            check_syncs(path, (ROOT / path).read_text().splitlines(), names, findings)


def check_file(path, findings):
    suffix = Path(path).suffix
    if path.startswith(("tests/golden/", "docs/benchmarks/")):
        return
    if suffix in (".h", ".cc", ".cpp", ".py", ".wit", ".rs"):
        lines = (ROOT / path).read_text().splitlines()
        check_text(path, lines, findings)
        if suffix in (".h", ".cc", ".cpp"):
            check_cpp(path, lines, findings)
        else:
            check_script(path, lines, findings)
    elif re.fullmatch(r"src/\w+(/\w+)?/README\.md", path):
        check_room_readme(path, (ROOT / path).read_text().splitlines(), findings)


def main():
    findings = Findings()
    files = tracked_files()
    for path in files:
        check_file(path, findings)
    check_invariants(findings)
    check_all_syncs(files, findings)
    lines = findings.finish()
    print("\n".join(lines) if lines else f"tidy: {len(files)} files hold to the rules")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
