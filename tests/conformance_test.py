"""The echo actor passes every Autobahn case of kosoku: plain, compressed, through TLS.

`make test` leaves the large messages of the groups with compression out; `make conformance`
(CONFORMANCE=all) runs every case in all four ways.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import unittest

import support
from support import ACTORS, BUILD_ACTORS, ROOT, Node, free_port
from tls_relay import TlsRelay, make_certificate

try:
    import kosoku
except ImportError:
    kosoku = None

ALL = os.environ.get("CONFORMANCE") == "all"
BASE = tuple(f"{group}.*" for group in (1, 2, 3, 4, 5, 6, 7, 9, 10))
BASE_CASES = 247
# Each of groups 12 and 13 has 18 sizes, 16 bytes to 128 KiB, whole and in fragments.
SIZES = range(1, 19) if ALL else range(1, 6)
COMPRESSED = {group: tuple(f"{group}.*.{size}" for size in SIZES) for group in (12, 13)}
COMPRESSED_CASES = {12: 5 * len(SIZES), 13: 7 * len(SIZES)}
PASSED = {"OK", "NON-STRICT", "INFORMATIONAL"}
RUN_SECONDS = 7200 if ALL else 800
PARALLEL = "16"  # cases at a time: they share the waits for the disk


@unittest.skipUnless(kosoku, "kosoku is not installed (tools/setup --tests)")
class ConformanceTest(support.ActorTest):

    @contextlib.contextmanager
    def echo(self, deflate=False, tls=False):
        """Runs the echo actor; gives the port where clients without TLS reach it."""
        grant = "[grants.websocket-server]\n"
        text = (ACTORS / "echo" / "echo.toml").read_text()
        text = text.replace("../../build/actors", str(BUILD_ACTORS))
        self.assertIn(grant, text)
        more = "deflate = true\n" if deflate else ""
        if tls:
            certificate, key = make_certificate(self.folder)
            more += f'tls_certificate = "{certificate}"\ntls_key = "{key}"\n'
        manifest = self.folder / "echo.toml"
        manifest.write_text(text.replace(grant, grant + more))
        port = free_port()
        with Node([manifest], self.data, {"listen": f"127.0.0.1:{port}"}) as node:
            with TlsRelay(port, certificate) if tls else contextlib.nullcontext() as relay:
                yield relay.port if tls else port
            self.assertEqual(node.stop(), 0)

    def run_cases(self, port, cases, count):
        """Runs the cases, of which there must be `count`. None may fail or be left out."""
        report = self.folder / "report"
        shutil.rmtree(report, ignore_errors=True)
        includes = [word for case in cases for word in ("-i", case)]
        program = [sys.executable, ROOT / "tests" / "kosoku_cases.py"]
        run = subprocess.run([*program, f"ws://127.0.0.1:{port}/echo", *includes, "-p", PARALLEL,
                              "-o", report], capture_output=True, text=True, timeout=RUN_SECONDS)
        self.assertTrue((report / "index.json").exists(), run.stdout + run.stderr)
        verdicts = self.read(report)
        failed = {case: verdict for case, verdict in verdicts.items() if verdict not in PASSED}
        self.assertFalse(failed, run.stdout[-2000:] + run.stderr[-2000:])
        self.assertEqual(len(verdicts), count, "cases were left out")
        return count

    def read(self, report):
        verdicts = {}
        for agent in json.loads((report / "index.json").read_text()).values():
            for case, result in agent.items():
                verdicts[case] = result["behavior"]
                if result.get("behaviorClose", "OK") not in PASSED:
                    verdicts[case] = "close: " + result["behaviorClose"]
        return verdicts

    def check_all(self, way, deflate=False, tls=False):
        """Every group, those with compression each on a node and a chain of their own."""
        groups = [(BASE, BASE_CASES)]
        if deflate:
            groups += [(COMPRESSED[group], COMPRESSED_CASES[group]) for group in COMPRESSED]
        passed = 0
        for cases, count in groups:
            with self.echo(deflate, tls) as port:
                passed += self.run_cases(port, cases, count)
            self.assert_chain_holds()
            shutil.rmtree(self.data)
        print(f"kosoku, {way}: {passed} cases, 0 failed")

    def test_plain(self):
        self.check_all("plain")

    def test_compressed_through_tls(self):
        self.check_all("deflate, TLS", deflate=True, tls=True)

    @unittest.skipUnless(ALL, "make conformance runs it")
    def test_compressed(self):
        self.check_all("deflate", deflate=True)

    @unittest.skipUnless(ALL, "make conformance runs it")
    def test_through_tls(self):
        self.check_all("TLS", tls=True)


if __name__ == "__main__":
    support.main()
