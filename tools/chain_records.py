"""Records and chains of format 1, after docs/formats/chain.md: hashes, deterministic CBOR, the
rules of the kinds and of a chain. Used by verify_chain.py; standard library only."""
import hashlib
import struct

CHUNK = 4096
RECORD_MAX, INLINE_ITEMS, PAGE_ITEMS = 4096, 8, 1024
ZERO32 = bytes(32)


class Bad(Exception):
    """The first thing that is not as it must be."""


def need(condition, reason):
    if not condition:
        raise Bad(reason)


def make_crc_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


CRC_TABLE = make_crc_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def be64(number):
    return struct.pack(">Q", number)


def u16(data, at):
    return struct.unpack_from("<H", data, at)[0]


def u32(data, at):
    return struct.unpack_from("<I", data, at)[0]


def u64(data, at):
    return struct.unpack_from("<Q", data, at)[0]


def payload_digest(salt, data):
    return sha(b"theater/payload/v1\0", salt, be64(len(data)), data)


def page_hash(data):
    return sha(b"theater/page/v1\0", data)


def chunk_hash(index, data):
    return sha(b"theater/chunk/v1\0", be64(index), data)


def tree_root(leaves):
    """RFC 6962's shape, straight from its definition."""
    if not leaves:
        return sha()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha(b"theater/snode/v1\0", tree_root(leaves[:split]), tree_root(leaves[split:]))


def state_root(salt, length, leaves):
    return sha(b"theater/state/v1\0", salt, be64(length), tree_root(leaves))


# --- deterministic CBOR -------------------------------------------------------------------------

def cbor_item(data, at):
    """One item and the place behind it. Integers, byte strings, text, lists and dicts."""
    need(at < len(data), "CBOR ends early")
    major, low = data[at] >> 5, data[at] & 31
    at += 1
    value = low
    if low >= 24:
        need(low <= 27, "CBOR of indefinite or unknown length")
        size = 1 << (low - 24)
        need(at + size <= len(data), "CBOR ends early")
        value = int.from_bytes(data[at:at + size], "big")
        at += size
        need(value >= (24 if size == 1 else 1 << (4 * size)), "a CBOR head is not the shortest")
    if major == 0:
        return value, at
    if major == 1:
        need(value < 1 << 63, "a number is out of range")
        return -1 - value, at
    if major in (2, 3):
        need(at + value <= len(data), "CBOR ends early")
        raw = data[at:at + value]
        try:
            return (raw if major == 2 else raw.decode("utf-8")), at + value
        except UnicodeDecodeError:
            raise Bad("text is not UTF-8") from None
    need(major in (4, 5) and value <= len(data) - at, "CBOR of a type records do not use")
    items = []
    for _ in range(value * (2 if major == 5 else 1)):
        item, at = cbor_item(data, at)
        items.append(item)
    if major == 4:
        return items, at
    keys = items[0::2]
    need(all(isinstance(k, int) for k in keys) and keys == sorted(set(keys)), "keys out of order")
    return dict(zip(keys, items[1::2])), at


def cbor(data):
    item, at = cbor_item(data, 0)
    need(at == len(data), "bytes behind the CBOR item")
    return item


def is_uint(value, most=(1 << 64) - 1):
    return isinstance(value, int) and 0 <= value <= most


def is_bytes(value, size):
    return isinstance(value, bytes) and len(value) == size


def is_commitment(value):
    return (isinstance(value, list) and len(value) == 3 and is_uint(value[0])
            and is_bytes(value[1], 32) and is_bytes(value[2], 8))


def is_target(value):
    return is_bytes(value, 16) or is_uint(value)


def is_reference(value):
    return (isinstance(value, list) and len(value) in (3, 4) and is_bytes(value[0], 16)
            and is_uint(value[1]) and is_bytes(value[2], 32) and all(map(is_uint, value[3:])))


def is_input(value):
    return (isinstance(value, list) and len(value) in (1, 2) and is_commitment(value[0])
            and all(map(is_reference, value[1:])))


def is_output(value):
    return (isinstance(value, list) and len(value) == 3 and is_uint(value[0], 31)
            and is_target(value[1]) and is_commitment(value[2]))


def is_page(value):
    return (isinstance(value, list) and len(value) == 3 and is_uint(value[0], PAGE_ITEMS)
            and value[0] > INLINE_ITEMS and is_uint(value[1]) and is_bytes(value[2], 32))


def is_list(value, check):
    return is_page(value) or (isinstance(value, list) and 1 <= len(value) <= INLINE_ITEMS
                              and all(map(check, value)))


def is_genesis(body):
    return (len(body) in (6, 7) and all(is_bytes(body[i], 32) for i in range(3))
            and is_commitment(body[3]) and is_uint(body[4], 1) and is_bytes(body[5], 16)
            and all(is_bytes(parent, 16) for parent in body[6:]))


def numbers(*bounds):
    limits = [(1 << 64) - 1 if bound is None else bound for bound in bounds]
    return lambda body: len(body) == len(limits) and all(map(is_uint, body, limits))


def is_overflow(body):
    return (len(body) == 4 and isinstance(body[0], str) and 1 <= len(body[0].encode()) <= 64
            and is_uint(body[1], 3) and is_uint(body[2]) and is_uint(body[3]))


GENESIS, UPGRADE, RECV, CALL, REQUEST, RESPONSE, SEND, COMMIT, TRAP, OP, DENIED, SNAPSHOT = (
    1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14)
KINDS = {  # kind: keys required, keys allowed besides, commitments at most, body
    1: ({14}, set(), 0, is_genesis),
    2: ({14}, set(), 0, is_genesis),
    3: ({14}, set(), 0, numbers(4)),
    4: ({8}, {7, 14}, 0, numbers(None)),
    5: ({6, 8, 9, 14}, set(), 2, numbers(None)),
    6: ({6, 8, 9, 14}, set(), 1, numbers(None)),
    7: ({6, 9, 14}, set(), 1, numbers(None)),
    8: ({9, 14}, {8}, 2, lambda b: len(b) == 2 and is_uint(b[0], 31) and is_target(b[1])),
    9: ({6, 10, 12}, {9, 13, 15}, 1, None),
    10: ({6, 10, 14}, {9, 12, 13, 15}, 1, numbers(5)),
    11: ({14}, {6, 8, 9}, 1, numbers(None, 5, None)),
    12: ({14}, {6, 7}, 0, is_overflow),
    13: ({6, 8, 9, 14}, set(), 2, numbers(None)),
    14: ({10, 14}, set(), 0, lambda b: len(b) == 2 and is_bytes(b[0], 32) and is_uint(b[1])),
    15: ({14}, {9}, 1, numbers(5, None)),
    16: ({14}, set(), 0, numbers(None, None, None)),
}


def decode_record(data):
    need(len(data) <= RECORD_MAX, "the record is too long")
    record = cbor(data)
    need(isinstance(record, dict) and set(range(6)) <= set(record), "the record lacks a key")
    need(record[0] == 1, "unknown suite")
    need(is_bytes(record[1], 16) and is_uint(record[2]) and is_bytes(record[3], 32)
         and is_uint(record[5]), "a key has a value of another type")
    need(record[4] in KINDS, "unknown kind")
    required, allowed, most, body = KINDS[record[4]]
    rest = set(record) - set(range(6))
    need(required <= rest <= required | allowed, "the kind does not have these keys")
    checks = {
        6: is_uint, 13: is_uint, 12: lambda v: isinstance(v, int) and -(1 << 63) <= v < 1 << 63,
        7: lambda v: is_list(v, is_input), 15: lambda v: is_list(v, is_output),
        8: lambda v: isinstance(v, str) and 1 <= len(v.encode()) <= 256,
        9: lambda v: isinstance(v, list) and 1 <= len(v) <= most and all(map(is_commitment, v)),
        10: lambda v: is_bytes(v, 32),
        14: lambda v: body is not None and isinstance(v, list) and body(v),
    }
    for key in rest:
        need(checks[key](record[key]), f"key {key} is not what the kind has there")
    return record


# --- the chain ----------------------------------------------------------------------------------

class Chain:
    """One actor's chain so far."""

    def __init__(self, actor):
        self.actor, self.next, self.head, self.time = actor, 0, ZERO32, 0
        self.chunks, self.length = [], 0
        self.root = state_root(bytes(16), 0, [])
        self.invocation = self.request = self.ordinal = None

    def add(self, record, raw_body, leaf, delta):
        need(record[2] == self.next, f"seq {record[2]} stands where {self.next} is expected")
        need(record[3] == self.head, "the previous hash is not that of the event before")
        need(record[5] >= self.time, "the time falls")
        need((record[4] == GENESIS) == (self.next == 0), "genesis is not the first event")
        if self.next == 0:
            need(sha(raw_body)[:16] == self.actor, "the id is not that of the genesis")
        self.check_place(record)
        if delta is not None:
            self.apply(delta)
        if 10 in record:
            need(record[10] == self.root, "the state root is not that of the state")
        self.next, self.head, self.time = self.next + 1, leaf, record[5]

    def check_place(self, record):
        kind, seq = record[4], record[2]
        if 6 in record:
            need(record[6] == self.invocation, "the invocation is not under way")
        if kind == RECV:
            need(self.invocation is None, "a recv stands inside an invocation")
            need(14 not in record or record[14][0] < seq, "a recv repeats a later one")
            self.invocation = seq
        elif kind == RESPONSE:
            need(self.request is not None and record[14][0] == self.request, "no open request")
            self.request = None
        elif kind in (CALL, REQUEST, DENIED):
            need(self.request is None, "a call while a request is open")
            need(self.ordinal is None or record[14][0] > self.ordinal, "ordinals do not rise")
            self.ordinal = record[14][0]
            if kind == REQUEST:
                self.request = seq
        elif kind in (COMMIT, TRAP):
            need(kind == TRAP or self.request is None, "a commit leaves a request open")
            self.invocation = self.request = self.ordinal = None
        elif kind == SNAPSHOT:
            need(self.invocation is None and record[14][1] < seq, "a snapshot out of place")

    def apply(self, delta):
        need(len(delta) >= 28, "the delta is cut short")
        salt, length, count = delta[:16], u64(delta, 16), u32(delta, 24)
        total, at, least = -(-length // CHUNK), 28, 0
        old = self.chunks
        new = old[:total] + [None] * (total - len(old))
        for _ in range(count):
            need(at + 4 <= len(delta), "the delta is cut short")
            index = u32(delta, at)
            need(least <= index < total, "the delta's chunks are out of order")
            size = min(CHUNK, length - index * CHUNK)
            data = delta[at + 4:at + 4 + size]
            need(len(data) == size, "the delta is cut short")
            digest = chunk_hash(index, data)
            need(index >= len(old) or digest != old[index], "the delta names an unchanged chunk")
            new[index] = digest
            at, least = at + 4 + size, index + 1
        need(at == len(delta), "bytes behind the delta")
        need(None not in new, "the delta lacks a new chunk")
        self.chunks, self.length = new, length
        self.root = state_root(salt, length, new)
