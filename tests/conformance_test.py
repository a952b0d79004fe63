"""The echo actor passes every Autobahn case of kosoku: plain, compressed, through TLS.

Here each compression series is sampled. CONFORMANCE=all (`make conformance`) runs all of them, with
and without TLS, and writes docs/conformance.md.
"""

import os
import shutil
import subprocess
import sys
import time
import unittest

import support
from bit_flipper import BitFlipper
from conformance_page import (BASE, CASES, KOSOKU, SERIES, SIZES, WAYS, Tally, left_out,
                              read_verdicts, row_of, write_rows)
from support import ACTORS, BUILD_ACTORS, Node, free_port
from tls_relay import TlsRelay, make_certificate

IS_ALL = os.environ.get("CONFORMANCE") == "all"
# One of each, in ever another size or cut; the smallest are 16 bytes, which we send as they are.
SAMPLE = ("12.1.1", "12.2.1", "12.3.2", "12.4.5", "12.5.3", "13.1.1", "13.2.2", "13.3.11", "13.4.4",
          "13.5.11", "13.6.3", "13.7.2")
RUN_SECONDS = 1200
PARALLEL = "16"  # cases at a time: they share the waits for the disk


@unittest.skipUnless(KOSOKU.exists(), "kosoku is not installed (tools/setup --tests)")
class ConformanceTest(support.ActorTest):

    def echo(self, more, data):
        """A node with the echo actor and more lines in its grant."""
        text = (ACTORS / "echo" / "echo.toml").read_text()
        text = text.replace("../../build/actors", str(BUILD_ACTORS))
        grant = "[grants.websocket-server]\n"
        self.assertIn(grant, text)
        manifest = self.folder / "echo.toml"
        together = 'unfinished_max = "1GiB"\n'  # many cases at once, each with up to 16 MiB
        manifest.write_text(text.replace(grant, grant + together + more))
        self.port = free_port()
        return Node([manifest], data, {"listen": f"127.0.0.1:{self.port}"})

    def verdicts(self, port, cases):
        """Runs the cases; what is said of each. None may be left out."""
        report = self.folder / "report"
        includes = [word for case in cases for word in ("-i", case)]
        for _ in range(2):  # it has been known to abort once all its reports were written
            shutil.rmtree(report, ignore_errors=True)
            run = subprocess.run([sys.executable, CASES, f"ws://127.0.0.1:{port}/echo", *includes,
                                  "-p", PARALLEL, "-o", report], capture_output=True, text=True,
                                 timeout=RUN_SECONDS)
            if run.returncode >= 0:
                break
            print(f"kosoku ended by signal {-run.returncode}", flush=True)
        self.assertIn(run.returncode, (0, 1), run.stdout[-2000:] + run.stderr[-2000:])
        verdicts = read_verdicts(report)
        self.assertEqual(left_out(cases, verdicts), [])
        return verdicts

    def run_over(self, tally, way, batches):
        """Batches of cases, over a fresh node, whose data is checked and forgotten."""
        data = self.folder / f"data-{tally.cases()}"
        grant = "deflate = true\n" if "deflate" in way else ""
        if "TLS" not in way:
            with self.echo(grant, data) as node:
                self.time_cases(tally, self.port, batches)
                self.assertEqual(node.stop(), 0)
        else:
            certificate, key = make_certificate(self.folder)
            grant += f'tls_certificate = "{certificate}"\ntls_key = "{key}"\n'
            with self.echo(grant, data) as node, TlsRelay(self.port, certificate) as relay:
                self.time_cases(tally, relay.port, batches)
                self.assertEqual(node.stop(), 0)
        self.assert_chain_holds(data)
        shutil.rmtree(data)

    def time_cases(self, tally, port, batches):
        for cases in batches:
            begun = time.monotonic()
            tally.add(self.verdicts(port, cases), time.monotonic() - begun)

    def report(self, way, tally):
        print(f"kosoku, {way}: {tally.cases()} cases, {len(tally.failed)} failed, "
              f"{tally.seconds:.0f} s", flush=True)
        self.assertFalse(tally.failed)

    @unittest.skipIf(IS_ALL, "all of it is run instead")
    def test_plain(self):
        tally = Tally()
        self.run_over(tally, "plain", BASE)
        self.report("plain", tally)
        self.assertEqual(tally.cases(), 301)

    @unittest.skipIf(IS_ALL, "all of it is run instead")
    def test_compressed_through_tls(self):
        tally = Tally()
        self.run_over(tally, "deflate, TLS", (BASE[0], SAMPLE))
        self.report("deflate, TLS", tally)

    def test_a_wrong_bit_fails(self):
        """What kosoku_cases.py corrects must not hide anything."""
        with self.echo("deflate = true\n", self.data) as node:
            with BitFlipper(self.port, 300) as flipper:
                verdicts = self.verdicts(flipper.port, ("12.1.1", "12.2.1"))
            self.assertEqual(node.stop(), 0)
        self.assertEqual(flipper.flipped, 2)
        self.assertEqual(verdicts, {"12.1.1": "FAILED", "12.2.1": "FAILED"})

    @unittest.skipUnless(IS_ALL, "CONFORMANCE=all runs every case")
    def test_everything(self):
        rows = []
        for way in WAYS:
            tally = Tally()
            self.run_over(tally, way, BASE)
            base = tally.cases()
            for series in SERIES if "deflate" in way else ():
                batches = [[f"{series}.{size}" for size in sizes] for sizes in SIZES]
                self.run_over(tally, way, batches)
                print(f"{way}: {series} is done, failed: {tally.failed or 'none'}", flush=True)
            rows.append(row_of(way, base, tally))
            write_rows("server", rows)
            self.report(way, tally)


if __name__ == "__main__":
    support.main()
