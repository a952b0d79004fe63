"""Every command explains itself with an example, takes --json, and refuses nonsense with 2."""

import os
import re

import support
from support import theater

COMMANDS = ("run", "check", "actors", "chain", "state", "ops", "verify", "replay", "new",
            "build", "version")


class HelpTest(support.ActorTest):

    def test_each_command_has_help_with_an_example_and_json(self):
        overview = theater("--help")
        self.assertEqual(overview.returncode, 0)
        for command in COMMANDS:
            with self.subTest(command=command):
                self.assertRegex(overview.stdout, rf"(?m)^\s+{command}\s")
                text = theater(command, "--help")
                self.assertEqual(text.returncode, 0)
                self.assertIn("--json", text.stdout)
                self.assertRegex(text.stdout, rf"Example:\n\s+theater {command}")

    def test_the_help_of_run_is_as_written(self):
        text = theater("run", "--help").stdout
        golden = support.ROOT / "tests" / "golden_text" / "run_help.txt"
        if os.environ.get("GOLDEN") == "write":
            golden.write_text(text)
        self.assertEqual(text, golden.read_text())

    def test_nonsense_is_refused_with_2(self):
        for arguments in ([], ["nonsense"], ["run"], ["verify"], ["state", "x"],
                          ["chain", "x", "--from", "y"]):
            with self.subTest(arguments=arguments):
                refused = theater(*arguments)
                self.assertEqual(refused.returncode, 2)
                self.assertTrue(refused.stderr.strip())

    def test_missing_data_is_named(self):
        for command, status in (("actors", 1), ("ops", 1), ("chain", 1), ("verify", 2),
                                ("replay", 2)):
            with self.subTest(command=command):
                refused = theater(command, self.folder / "nowhere")
                self.assertEqual(refused.returncode, status)
                self.assertIn("nowhere", refused.stderr)

    def test_no_colour_where_there_is_no_terminal(self):
        self.assertIsNone(re.search("\x1b", theater("version").stdout))
        self.assertRegex(theater("version").stdout, r"theater \d+\.\d+\.\d+")


if __name__ == "__main__":
    support.main()
