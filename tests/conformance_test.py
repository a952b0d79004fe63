"""The echo actor passes every Autobahn case of groups 1 to 7, 9 and 10, driven by kosoku."""

import json
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

import support

KOSOKU = Path(sys.executable).parent / "kosoku"
GROUPS = (1, 2, 3, 4, 5, 6, 7, 9, 10)
PASSED = {"OK", "NON-STRICT", "INFORMATIONAL"}
RUN_SECONDS = 600


class ConformanceTest(support.ActorTest):

    @unittest.skipUnless(KOSOKU.exists(), "kosoku is not installed (tools/setup --tests)")
    def test_no_case_fails(self):
        report = self.folder / "report"
        includes = [word for group in GROUPS for word in ("-i", f"{group}.*")]
        with self.node("echo") as node:
            run = subprocess.run([KOSOKU, self.address("/echo"), *includes, "-o", report],
                                 capture_output=True, text=True, timeout=RUN_SECONDS)
            self.assertEqual(node.stop(), 0)
        results = self.read(report)
        failed = {case: verdict for case, verdict in results.items() if verdict not in PASSED}
        print(f"kosoku: {len(results)} cases, {len(failed)} failed")
        self.assertFalse(failed, run.stdout[-2000:])
        self.assertGreaterEqual(len(results), 247)
        self.assert_chain_holds()

    def read(self, report):
        verdicts = {}
        for agent in json.loads((report / "index.json").read_text()).values():
            for case, result in agent.items():
                verdicts[case] = result["behavior"]
                if result.get("behaviorClose", "OK") not in PASSED:
                    verdicts[case] = "close: " + result["behaviorClose"]
        shutil.rmtree(report)
        return verdicts


if __name__ == "__main__":
    support.main()
