"""What a command prints arrives, or the command says that it did not; and it ends if it can."""

import subprocess

import support

DATA = support.ROOT / "tests" / "golden" / "format-1"
TIMEOUT_S = 60  # far beyond what any of them takes


def into_full_device(*arguments):
    with open("/dev/full", "w") as full:
        return subprocess.run([support.THEATER, *arguments], stdout=full, stderr=subprocess.PIPE,
                              text=True, timeout=TIMEOUT_S)


class OutputTest(support.ActorTest):

    def test_output_that_does_not_arrive_is_an_error(self):
        for arguments in (["chain", DATA], ["chain", DATA, "--json"], ["actors", DATA],
                          ["verify", DATA, "--json"], ["version"], ["--help"]):
            with self.subTest(arguments=arguments):
                ended = into_full_device(*arguments)
                self.assertEqual(ended.returncode, 1, ended.stderr)
                self.assertIn("standard output: No space left on device", ended.stderr)

    def test_to_follow_all_actors_up_to_a_seq_is_refused(self):
        ended = subprocess.run([support.THEATER, "chain", DATA, "--follow", "--to", "3"],
                               capture_output=True, text=True, timeout=TIMEOUT_S)
        self.assertEqual(ended.returncode, 1)
        self.assertIn("--actor", ended.stderr)

    def test_a_new_directory_is_verified_with_a_list_of_no_actors(self):
        (self.folder / "data").mkdir()
        (self.folder / "data" / "node").write_bytes((DATA / "node").read_bytes())
        (self.folder / "data" / "log").mkdir()
        ended = support.theater("verify", self.folder / "data", "--json")
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        self.assertIn('"actors":[]', ended.stdout)


if __name__ == "__main__":
    support.main()
