"""kosoku with one of its faults mended: runs as the program itself does, with the same arguments.

The cases of groups 12 and 13 hash what comes back. kosoku hands them an uncompressed message as
`str` (a binary one with a character for each byte), which cannot be hashed, though a compressed one
as `bytes`; a server may leave a message uncompressed (RFC 7692 section 6), and ours does so with
short ones. Here such a message is encoded first, so that the case compares the same bytes, length
and type as for a compressed one.
"""

import asyncio
import functools

from kosoku._cli import amain
from kosoku.cases import CASES


def as_bytes(on_message):
    @functools.wraps(on_message)
    def wrapper(self, message, binary):
        if isinstance(message, str):
            message = message.encode("latin-1" if binary else "utf-8")
        return on_message(self, message, binary)
    return wrapper


for name, case in CASES.items():
    if name.split(".")[0] in ("12", "13"):
        case.onMessage = as_bytes(case.onMessage)
asyncio.run(amain())
