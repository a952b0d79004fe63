#!/usr/bin/env python3
"""Must hold: the independent verifier finds the golden chains good, finds every change of them, and
agrees with the vectors of the format document."""
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(SOURCE / "tools"))
import chain_records  # noqa: E402
import verify_chain  # noqa: E402

GOLDEN = sorted((SOURCE / "tests" / "golden").glob("format-*"))
FLIPS = 120
SEED = 20261125


def verdict(directory):
    """The reason that the directory is bad, or nothing."""
    verifier = verify_chain.Verifier(str(directory))
    try:
        verifier.run()
    except chain_records.Bad as bad:
        return f"{verifier.place}: {bad}"
    return None


class VerifyChainTest(unittest.TestCase):
    def test_golden_chains_are_good(self):
        self.assertTrue(GOLDEN)
        for directory in GOLDEN:
            done = subprocess.run(
                [sys.executable, str(SOURCE / "tools" / "verify_chain.py"), str(directory)],
                capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn("good: ", done.stdout)

    def test_bit_flips_are_found(self):
        dice = random.Random(SEED)
        for directory in GOLDEN:
            with tempfile.TemporaryDirectory() as folder:
                copy = pathlib.Path(folder) / "data"
                shutil.copytree(directory, copy)
                files = [path for path in sorted(copy.rglob("*")) if path.is_file()]
                for _ in range(FLIPS):
                    path = dice.choice(files)
                    good = path.read_bytes()
                    at, bit = dice.randrange(len(good)), dice.randrange(8)
                    bad = bytearray(good)
                    bad[at] ^= 1 << bit
                    path.write_bytes(bad)
                    self.assertIsNotNone(verdict(copy), f"{path} byte {at} bit {bit}, seed {SEED}")
                    path.write_bytes(good)
                self.assertIsNone(verdict(copy))

    def test_vectors_of_the_document(self):
        text = (SOURCE / "docs" / "formats" / "chain.md").read_text()
        vectors = {name: bytes.fromhex(value)
                   for name, value in re.findall(r"^\| ([a-z-]+) \| `([0-9a-f]+)` \|$", text, re.M)}
        salt = bytes(range(16))
        v = chain_records
        for kind in ("genesis", "recv", "commit"):
            v.decode_record(vectors[kind])
            self.assertEqual(v.sha(b"\0", vectors[kind]), vectors[f"{kind}-leaf"])
        self.assertEqual(v.payload_digest(salt, b"hello"), vectors["payload-digest"])
        self.assertEqual(v.page_hash(b"page"), vectors["page-hash"])
        self.assertEqual(v.chunk_hash(0, b"state"), vectors["chunk-hash"])
        self.assertEqual(v.state_root(bytes(16), 0, []), vectors["empty-root"])
        self.assertEqual(v.state_root(bytes(16), 5, [vectors["chunk-hash"]]), vectors["state-root"])
        body = verify_chain.Verifier.raw_body(vectors["genesis"])
        self.assertEqual(v.sha(body)[:16], vectors["actor-id"])
        leaves = vectors["genesis-leaf"] + vectors["recv-leaf"]
        self.assertEqual(
            v.sha(b"theater/batch/v1\0", bytes(16), v.be64(1), v.be64(1), leaves)[:16],
            vectors["batch-link"])
        self.assertEqual(v.sha(b"theater/type/v1\0", b"string")[:8], vectors["type-hint"])


if __name__ == "__main__":
    unittest.main()
