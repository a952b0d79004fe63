"""Each entry of docs/guide.md names tests that are there and are run by ctest; none is left out.

And tests/README.md has a row for each test from outside.
"""

import re
import unittest

from support import ROOT

PAGE = ROOT / "docs" / "guide.md"
ENTRIES = {"Principles": 9, "Challenges": 5, "Patterns": 7, "Practices": 12, "Planning": 4,
           "Implementing": 4, "Testing": 4, "The example of the guide": 3, "Trouble": 3,
           "Conclusion": 1}
MACRO = re.compile(r"(?m)^(TEST|TEST_F|TEST_P|TYPED_TEST_P)\(\s*(\w+),\s*(\w+)\s*\)")
MADE = re.compile(r"INSTANTIATE_(?:TYPED_)?TEST_SUITE_P\(\s*\w+,\s*(\w+)")


def entries(page):
    """Section -> [(entry, names of tests)]."""
    found, section = {}, None
    for line in page.splitlines():
        if line.startswith("## "):
            section = found.setdefault(line[3:], [])
        elif line.startswith("| ") and not line.startswith("| entry |"):
            cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            section.append((cells[0].strip("| "), re.findall(r"`([^`]+)`", cells[-1])))
    return found


def tests_in_code():
    """Those that the test programs have: what ctest discovers. A test with parameters is one only
    if its suite is instantiated."""
    names, parametric, made = set(), set(), set()
    for folder in ("src", "sim", "fuzz"):
        for path in [*(ROOT / folder).rglob("*.cc"), *(ROOT / folder).rglob("*.h")]:
            text = path.read_text()
            made.update(MADE.findall(text))
            for macro, suite, name in MACRO.findall(text):
                (parametric if macro.endswith("_P") else names).add((suite, name))
    names.update(test for test in parametric if test[0] in made)
    return {f"{suite}.{name}" for suite, name in names}


def tests_from_outside():
    """CMake registers each tests/*_test.py; unittest runs each method that begins with test_."""
    names = set()
    for path in (ROOT / "tests").glob("*_test.py"):
        for name in re.findall(r"(?m)^    def (test_\w+)\(", path.read_text()):
            names.add(f"{path.stem}.{name}")
    return names


def mistakes(page, known):
    """What is wrong with the page, in sentences."""
    found = []
    table = entries(page)
    for section, count in ENTRIES.items():
        if len(table.get(section, ())) != count:
            found.append(f"{section}: {len(table.get(section, ()))} entries, not {count}")
    for section, rows in table.items():
        for entry, tests in rows:
            if not tests:
                found.append(f"{section}: no test for: {entry}")
            found.extend(f"{section}: {entry}: there is no test {test}"
                         for test in tests if test not in known)
    return found


class GuideTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.known = tests_in_code() | tests_from_outside()

    def test_every_entry_has_its_tests(self):
        self.assertEqual(mistakes(PAGE.read_text(), self.known), [])
        named = sum(len(tests) for rows in entries(PAGE.read_text()).values() for _, tests in rows)
        print(f"{sum(ENTRIES.values())} entries, {named} tests named, {len(self.known)} known")

    def test_every_test_from_outside_has_its_row(self):
        page = (ROOT / "tests" / "README.md").read_text()
        rows = re.findall(r"(?m)^\| `(\w+_test\.py)` \|", page)
        files = [path.name for path in (ROOT / "tests").glob("*_test.py")]
        self.assertEqual(sorted(rows), sorted(files))

    def test_every_family_has_a_conformance_set(self):
        """As the page says; and which of them compares no two lives."""
        lives_alone = {"process", "terminal"}
        for family in (ROOT / "src" / "hosts").glob("*/family.cc"):
            folder = family.parent
            with self.subTest(family=folder.name):
                suites = MADE.findall((folder / "conformance_test.cc").read_text())
                self.assertIn("Conformance", suites)
                self.assertEqual("Repeatable" not in suites, folder.name in lives_alone)

    def test_what_is_missing_is_told(self):
        page = PAGE.read_text()
        gone = page.replace("`Operation.TheTable`", "`Operation.TheTableThatWas`")
        self.assertEqual(len(mistakes(gone, self.known)), 1)
        self.assertEqual(len(mistakes(page, self.known - {"Operation.TheTable"})), 1)
        bare = re.sub(r"(?m)^(\| Blocking operations.*\|) `.*\|$", r"\1 - |", page)
        self.assertEqual(mistakes(bare, self.known),
                         ["Planning: no test for: Blocking operations are known"])
        fewer = re.sub(r"(?m)^\| Something blocks.*\n", "", page)
        self.assertEqual(mistakes(fewer, self.known), ["Trouble: 2 entries, not 3"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
