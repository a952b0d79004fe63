"""`theater new`, `theater build` and `theater run` work one after the other, as the help says."""

import shutil
import subprocess

import support
from support import Node, free_port, theater, theater_json


class ProjectTest(support.ActorTest):

    def test_new_build_run(self):
        made = theater("new", "greeter", directory=self.folder)
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
        project = self.folder / "greeter"
        for command in made.stdout.splitlines()[1:]:
            self.assertTrue(command.strip().startswith(f"{support.THEATER} "), made.stdout)
        built = theater("build", project)
        self.assertEqual(built.returncode, 0, built.stdout + built.stderr)
        self.assertEqual(theater_json("build", project),
                         [{"built": True, "folder": str(project)}])
        checked = theater("check", project / "greeter.toml")
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        self.port = free_port()
        with Node([project / "greeter.toml"], self.data,
                  {"listen": f"127.0.0.1:{self.port}"}) as node:
            self.assertEqual(node.stop(), 0)
        self.assert_chain_holds()

    def test_new_overwrites_nothing(self):
        (self.folder / "taken").mkdir()
        (self.folder / "taken" / "keep").write_text("mine")
        refused = theater("new", "taken", directory=self.folder)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("taken", refused.stderr)
        self.assertEqual((self.folder / "taken" / "keep").read_text(), "mine")

    def test_names_and_languages_are_checked(self):
        for arguments in (["new", "../up"], ["new", "Upper Case"], ["new", "x", "--lang", "cobol"]):
            with self.subTest(arguments=arguments):
                refused = theater(*arguments, directory=self.folder)
                self.assertEqual(refused.returncode, 2, refused.stdout + refused.stderr)
                if "cobol" in arguments:
                    self.assertIn("the language cobol; there are: cpp", refused.stderr)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_without_the_kit_that_is_said(self):
        program = self.folder / "theater"
        shutil.copy(support.THEATER, program)
        for arguments in (("new", "x"), ("build", ".")):
            with self.subTest(arguments=arguments):
                refused = subprocess.run([program, *arguments], capture_output=True, text=True,
                                         cwd=self.folder, timeout=60, check=False)
                self.assertEqual(refused.returncode, 2)
                self.assertIn(f"is in no folder above {program}", refused.stderr)


if __name__ == "__main__":
    support.main()
