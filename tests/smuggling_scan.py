"""No request is smuggled past http-server, as the crate smugglex sees it; `make conformance` runs it."""

import json
import subprocess
import unittest

import support

SMUGGLEX = support.ROOT / "build" / "tools" / "bin" / "smugglex"
CHECKS = {"cl-te", "te-cl", "te-te", "h2c", "h2", "cl-edge"}
RUN_SECONDS = 300


@unittest.skipUnless(SMUGGLEX.exists(), "smugglex is not installed (make conformance installs it)")
class SmugglingTest(support.ActorTest):

    def scan(self, method, path):
        """What smugglex says of a path: its exit code, and the verdict of each check."""
        run = subprocess.run([SMUGGLEX, "--json", "-m", method,
                              f"http://127.0.0.1:{self.port}{path}"],
                             capture_output=True, text=True, timeout=RUN_SECONDS)
        self.assertIn(run.returncode, (0, 1), run.stderr)
        (result,) = json.loads(run.stdout)["results"]
        verdicts = {check["check_type"]: check["vulnerable"] for check in result["checks"]}
        self.assertEqual(set(verdicts), CHECKS)
        return run.returncode, verdicts

    def test_nothing_is_smuggled(self):
        with self.node("board") as node:
            for method in ("GET", "POST"):
                for path in ("/", "/api/hello", "/nothing"):
                    with self.subTest(method=method, path=path):
                        code, verdicts = self.scan(method, path)
                        self.assertEqual(code, 0)
                        self.assertFalse(any(verdicts.values()), verdicts)
            self.assertEqual(node.stop(), 0)
        self.assert_chain_holds()

    def test_what_changes_between_requests_is_reported(self):
        """It posts a note and finds that the list is longer: so it does look at the answers."""
        with self.node("board") as node:
            code, _ = self.scan("POST", "/api/notes")
            self.assertEqual(code, 1)
            self.assertEqual(node.stop(), 0)


if __name__ == "__main__":
    support.main()
