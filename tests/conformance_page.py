"""What the runs of kosoku share: its cases, what is said of them, and docs/conformance.md."""

import collections
import datetime
import json
import re
import subprocess
import sys
from pathlib import Path

from support import ROOT

KOSOKU = Path(sys.executable).parent / "kosoku"
CASES = ROOT / "tests" / "kosoku_cases.py"
PAGE = ROOT / "docs" / "conformance.md"
# Group 9 sends up to 16 MiB at once; some of the others wait a second for an answer, and no longer.
BASE = (("1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"), ("9.*",))
# Compression: five kinds of data, seven offers of parameters, each in 18 sizes and cuts.
SERIES = tuple(f"12.{kind}" for kind in range(1, 6)) + tuple(f"13.{way}" for way in range(1, 8))
SIZES = (range(1, 6), range(6, 19))  # up to 4 KiB, and those that would keep them waiting
WAYS = ("plain", "TLS", "deflate", "deflate, TLS")
SOUND = ("OK", "NON-STRICT", "INFORMATIONAL")
HEAD = "| way | groups 1 to 10 | groups 12, 13 | OK | non-strict | informational | failed | time |"


class Tally:
    """What came of the runs of one way to connect."""

    def __init__(self):
        self.verdicts = collections.Counter()
        self.failed = {}
        self.seconds = 0.0

    def add(self, verdicts, seconds):
        self.verdicts.update(verdicts.values())
        self.failed.update({case: verdict for case, verdict in verdicts.items()
                            if verdict not in SOUND})
        self.seconds += seconds

    def cases(self):
        return sum(self.verdicts.values())


def read_verdicts(report):
    """What is said of each case; of its end, if that is worse."""
    verdicts = {}
    for agent in json.loads((report / "index.json").read_text()).values():
        for case, result in agent.items():
            verdicts[case] = result["behavior"]
            if result.get("behaviorClose", "OK") not in SOUND:
                verdicts[case] = "close: " + result["behaviorClose"]
    return verdicts


def left_out(cases, verdicts):
    """The cases and groups of which nothing is said."""
    def is_run(case):
        pattern = case.removesuffix("*")
        return any(done == case or case != pattern and done.startswith(pattern)
                   for done in verdicts)
    return [case for case in cases if not is_run(case)]


def row_of(way, base, tally):
    sound = " | ".join(str(tally.verdicts[verdict]) for verdict in SOUND)
    return (f"| {way} | {base} | {tally.cases() - base} | {sound} | {len(tally.failed)} | "
            f"{tally.seconds:,.0f} s |")


def write_rows(role, rows):
    """Puts the rows of a run, the only ones from now on, under "## As a ROLE" of the page."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, text=True,
                            capture_output=True, check=False).stdout.strip()
    today = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
    table = "\n".join([HEAD, re.sub(r"[^|]+", "---", HEAD), *rows])
    page, count = re.subn(rf"(?s)(## As a {role}\n\n.*?\n\n)\|.*?(?=\n## |\Z)",
                          lambda found: f"{found[1]}{table}\n\nDate: {today}. Commit: {commit}.\n",
                          PAGE.read_text())
    assert count == 1, f"{PAGE} has no place for a {role}"
    PAGE.write_text(page)
