"""Each rule of tools/tidy.py finds what breaks it, and lets pass what just does not."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import tidy


def rules(check, text, path="src/base/thing.cc"):
    findings = tidy.Findings()
    findings.exceptions = {}
    check(path, text.splitlines(), findings)
    return [line.split(": ")[1] for line in findings.finish()]


def function(lines, head="int f(int x) {"):
    return "\n".join([head] + ["  ++x;"] * (lines - 2) + ["}"])


class TidyTest(unittest.TestCase):

    def test_a_function_has_at_most_60_lines(self):
        for head in ("int f(int x) {", "  void run() override {", "Thing::Thing(int x) : x_(x) {"):
            self.assertEqual(rules(tidy.check_functions, function(60, head)), [])
            self.assertEqual(rules(tidy.check_functions, function(61, head)), ["function"])

    def test_a_class_and_a_namespace_may_be_longer(self):
        for head in ("namespace theater {", "struct Thing {", "class Thing final : public Base {"):
            self.assertEqual(rules(tidy.check_functions, function(200, head)), [])

    def test_a_long_function_of_a_class_is_found(self):
        text = "class Thing {\n" + function(61, "  void run() {") + "\n};"
        self.assertEqual(rules(tidy.check_functions, text), ["function"])

    def test_rooms_know_only_rooms_to_their_left(self):
        include = '#include "actor/actor.h"'
        self.assertEqual(rules(tidy.check_includes, include, "src/chain/x.cc"), ["rooms"])
        self.assertEqual(rules(tidy.check_includes, include, "src/node/x.cc"), [])

    def test_a_header_takes_no_bool(self):
        self.assertEqual(rules(tidy.check_header, "#pragma once\nvoid f(bool on);"), ["bool"])
        self.assertEqual(rules(tidy.check_header, "#pragma once\nbool f(int on);"), [])

    def test_a_line_has_at_most_100_columns_and_no_space_behind_it(self):
        self.assertEqual(rules(tidy.check_text, "x" * 100), [])
        self.assertEqual(rules(tidy.check_text, "x" * 101), ["columns"])
        self.assertEqual(rules(tidy.check_text, "x "), ["space"])

    def test_a_sync_that_no_table_names_is_found(self):
        def check(path, lines, findings):
            tidy.check_syncs(path, lines, {"known"}, findings)

        self.assertEqual(rules(check, "Status known() {\n  sync_data();\n}"), [])
        self.assertEqual(rules(check, "Status other() {\n  sync_data();\n}"), ["sync"])


if __name__ == "__main__":
    unittest.main()
