#!/usr/bin/env python3
"""Verifies a Theater data directory of format 1 from its format document alone.

Independent of the C++ code: written after docs/formats/chain.md, standard library only. It checks
the identity, segments, batches (header, CRCs, link, zero padding), records (canonical form, rules
of the kinds and of the chain), attachments, pages, state roots, the watermark, pay files,
snapshots, components, and that every byte which holds nothing is zero.

    tools/verify_chain.py DATA          exit status 0 good, 1 bad, 2 unusable
"""
import os
import re
import struct
import sys

from chain_records import (CHUNK, COMMIT, GENESIS, OP, SEND, SNAPSHOT, UPGRADE, Bad, Chain, be64,
                           cbor, cbor_item, chunk_hash, crc32c, decode_record, is_input, is_output,
                           is_page, need, page_hash, payload_digest, sha, state_root, u16, u32, u64)

FORMAT = 1
INDEX_FORMATS = (1, 2)
SECTOR, HEADER, SLOT = 512, 128, 4096


def is_zero(data):
    return data.count(0) == len(data)


def one_bit_explains(slot):
    """Whether one flipped bit is all that is wrong with a slot of the watermark."""
    stored, fields = u32(slot, SLOT - 4), slot[:96]
    if bin(stored ^ crc32c(slot[:SLOT - 4])).count("1") == 1:
        return True
    if any(slot[96:SLOT - 4]) or not any(fields):
        return False
    for bit in range(8 * len(fields)):
        flipped = bytearray(slot[:SLOT - 4])
        flipped[bit // 8] ^= 1 << bit % 8
        if crc32c(flipped) == stored:
            return True
    return False


class Verifier:
    def __init__(self, root):
        self.root = root
        self.place = "node"
        self.chains, self.targets, self.frames, self.snapshots = {}, {}, {}, []
        self.components, self.begins, self.notes = {}, {}, []
        self.events = self.batches = 0

    def read(self, name):
        self.place = name
        with open(os.path.join(self.root, name), "rb") as file:
            return file.read()

    def run(self):
        self.check_identity()
        names = sorted(os.listdir(os.path.join(self.root, "log")))
        segments = [int(n[4:14]) for n in names if re.fullmatch(r"seg-\d{10}\.log", n)]
        need(segments == list(range(1, len(segments) + 1)), "a segment is missing")
        for name in names:
            self.place = f"log/{name}"
            need(re.fullmatch(r"(seg|pay)-\d{10}\.log|watermark|spare|reserve|.*\.tmp", name),
                 "the file does not belong to the log")
        if segments or "watermark" in names:
            self.read_watermark()
            self.check_log(segments)
        for name in ("spare", "reserve"):
            if name in names:
                need(is_zero(self.read(f"log/{name}")), "a file that holds nothing is not zero")
        self.check_snapshots()
        self.check_components()
        self.check_index()

    def check_identity(self):
        text = self.read("node")
        match = re.fullmatch(rb"(theater data directory\nformat 1\nnode ([0-9a-f]{32})\n)"
                             rb"check ([0-9a-f]{8})\n", text)
        need(match and int(match[3], 16) == crc32c(match[1]), "the identity is damaged")
        self.node = bytes.fromhex(match[2].decode())

    def read_watermark(self):
        data = self.read("log/watermark")
        need(len(data) == 2 * SLOT, "the watermark has another size")
        self.marks, self.torn = [], []
        for i in range(2):
            slot = data[i * SLOT:(i + 1) * SLOT]
            if not any(slot):
                continue
            self.place = f"log/watermark slot {i}"
            whole = u32(slot, SLOT - 4) == crc32c(slot[:SLOT - 4])
            if not whole:
                need(not one_bit_explains(slot), "the slot is damaged")
                if not any(slot[:SLOT - 4]):
                    self.torn.append(dict(turn=0, number=0, slot=i))
                    continue
            need(slot[:8] == b"theawat\n" and u32(slot, 8) == FORMAT and u32(slot, 12) <= 1
                 and not any(slot[96:SLOT - 4]) and slot[16:32] == self.node
                 and u64(slot, 32) % 2 == i, "the slot is not canonical")
            (self.marks if whole else self.torn).append(
                dict(state=u32(slot, 12), turn=u64(slot, 32), epoch=u64(slot, 40),
                     segment=u64(slot, 48), offset=u64(slot, 56), lsn=u64(slot, 64),
                     number=u64(slot, 72), link=slot[80:96], slot=i))
        self.marks.sort(key=lambda mark: mark["turn"])
        self.mark = self.marks[-1] if self.marks else dict(turn=0, state=0, number=0)
        newest = self.mark["turn"]
        for mark in self.torn:
            self.place = f"log/watermark slot {mark['slot']}"
            need(newest <= 1 if mark["turn"] == 0 else abs(mark["turn"] - newest) == 1,
                 "the slot is damaged")
            self.notes.append(f"{self.place}: a write that the end of the node cut short")
        turns = [mark["turn"] for mark in self.marks]
        need(self.torn or turns in ([], [1]) or (len(turns) == 2 and turns[1] == turns[0] + 1),
             "a slot is missing")

    def check_log(self, segments):
        self.number, self.lsn, self.epoch, self.link = 1, 1, 0, bytes(16)
        for segment in segments:
            self.check_segment(segment, segment == segments[-1])
        self.place = "log/watermark"
        need(self.marks or self.number == 1, "no slot of the watermark is whole")
        for mark in self.marks + self.torn:
            need(mark["number"] < self.number, "the watermark vouches for a batch that is missing")
        if self.mark["state"] == 1:
            need(self.mark["number"] == self.number - 1, "the log goes on behind its stop")

    def check_segment(self, segment, last):
        name = f"log/seg-{segment:010}.log"
        data = self.read(name)
        head = data[:SECTOR]
        need(len(head) == SECTOR and head[:8] == b"theaseg\n"
             and u32(head, 508) == crc32c(head[:508]), "the segment header is damaged")
        cap = u32(head, 12)
        need(u32(head, 8) == FORMAT and head[32:48] == self.node and u64(head, 48) == segment
             and u64(head, 56) == self.lsn and u64(head, 64) == self.number
             and head[72:88] == self.link and u64(head, 88) >= self.epoch
             and u64(head, 96) == len(data) and not any(head[104:508]),
             "the segment does not continue the one before")
        self.begins[segment] = (u64(head, 64), u64(head, 56), u64(head, 88), head[72:88])
        pay_name = f"log/pay-{segment:010}.log"
        pay_path = os.path.join(self.root, pay_name)
        self.pay = self.read(pay_name) if os.path.exists(pay_path) else b""
        self.pay_end, self.segment = 0, segment
        at = SECTOR
        while at + SECTOR <= len(data):
            batch = self.expected_batch(data, at, cap, head[16:32])
            if batch is None:
                break
            self.check_batch(name, data, at, batch)
            at += batch
            self.check_marks(segment, at)
        self.place = f"{name} at byte {at}"
        slack = cap if last and self.mark["state"] == 0 else 0
        need(is_zero(data[at + slack:]),
             "the batch there is damaged, or a byte behind the end is not zero")
        if not is_zero(data[at:]):
            self.notes.append(f"{self.place}: a write that was never acknowledged")
        self.place = pay_name
        need(len(self.pay) == self.pay_end or (slack and len(self.pay) > self.pay_end),
             "the pay file has another size than is referred to")

    def expected_batch(self, data, at, cap, uuid):
        """The size of the batch there, if it is the next one."""
        head = data[at:at + HEADER]
        if head[:8] != b"theabat\n" or u32(head, 124) != crc32c(head[:124]):
            return None
        stored = -(-(HEADER + u32(head, 60)) // SECTOR) * SECTOR
        good = (u32(head, 8) == FORMAT and u32(head, 12) <= 1 and not any(head[92:124])
                and u64(head, 16) >= self.epoch and head[24:40] == uuid
                and u64(head, 40) == self.number and u64(head, 48) == self.lsn
                and SECTOR <= u64(head, 64) <= at and stored <= cap and at + stored <= len(data)
                and (u32(head, 56) == 0) == (u32(head, 60) == 0) == (u32(head, 12) == 1))
        body = data[at + HEADER:at + HEADER + u32(head, 60)]
        return stored if good and crc32c(body) == u32(head, 88) else None

    def check_batch(self, name, data, at, stored):
        head, end = data[at:at + HEADER], at + HEADER + u32(data, at + 60)
        first, leaves, place = self.lsn, [], at + HEADER
        while place < end:
            self.place = f"{name} at byte {place}"
            size = u32(data, place)
            need(24 <= size <= end - place, "the frame does not fit its batch")
            leaves.append(self.check_frame(data[place:place + size]))
            place += size
        self.place = f"{name} at byte {at}"
        need(len(leaves) == u32(head, 56), "the batch has not the frames it counts")
        link = sha(b"theater/batch/v1\0", self.link, be64(self.number), be64(first), *leaves)[:16]
        need(link == head[72:88], "the batch's link is not that of its events")
        need(not any(data[end:at + stored]), "the padding is not zero")
        self.link, self.epoch, self.number = link, u64(head, 16), self.number + 1
        self.batches += 1

    def check_marks(self, segment, end):
        for mark in self.marks + self.torn:
            if mark["number"] == self.number - 1:
                self.place = f"log/watermark slot {mark['slot']}"
                here = (mark["segment"], mark["offset"]) in ((segment, end), (segment + 1, SECTOR))
                need(here and mark["lsn"] == self.lsn - 1 and mark["link"] == self.link
                     and mark["epoch"] >= self.epoch, "the watermark contradicts its batch")

    def check_frame(self, frame):
        need(u32(frame, 4) == crc32c(frame[:4] + frame[8:]), "the frame fails its CRC")
        need(u64(frame, 8) == self.lsn and frame[16:18] == b"\1\0" and u16(frame, 22) == 0,
             "the frame is not the next one")
        size, count = u16(frame, 18), u16(frame, 20)
        need(24 + size <= len(frame), "the record does not fit its frame")
        raw = frame[24:24 + size]
        leaf = sha(b"\0", raw)
        stored = self.attachments(frame[24 + size:], count)
        record = decode_record(raw)
        self.place += f", actor {record[1].hex()} seq {record[2]}"
        inputs, outputs, delta = self.match(record, stored)
        for item in inputs:
            if len(item) == 2:
                self.check_reference(item)
        chain = self.chains.setdefault(record[1], Chain(record[1]))
        chain.add(record, self.raw_body(raw), leaf, delta)
        if record[4] in (SEND, OP) or (record[4] == COMMIT and any(o[0] <= 1 for o in outputs)):
            event = record.get(9, [None])[0] if record[4] == OP else None
            self.targets[record[1], record[2]] = (leaf, len(outputs), event)
        if record[4] in (GENESIS, UPGRADE) and any(record[14][0]):
            self.components.setdefault(record[14][0], self.place)
        if record[4] == SNAPSHOT:
            self.snapshots.append((record[1], record[14], record[10]))
        self.lsn += 1
        self.events += 1
        return leaf

    @staticmethod
    def raw_body(raw):
        """The encoded value of key 14; every key is one byte."""
        at, found = 1, b""
        for _ in range(raw[0] & 31):
            key = raw[at]
            _, end = cbor_item(raw, at + 1)
            if key == 14:
                found = raw[at + 1:end]
            at = end
        return found

    def attachments(self, data, count):
        """[(class, length, salt, bytes)]; of a payload elsewhere no salt, and the frame's lsn."""
        stored, at = [], 0
        for _ in range(count):
            need(at + 8 <= len(data), "an attachment is cut short")
            kind, place, zero, length = struct.unpack_from("<BBHI", data, at)
            at += 8
            salted = 16 if kind == 1 else 0
            need(1 <= kind <= 3 and zero == 0, "an attachment of an unknown class")
            if place == 0:
                raw = data[at:at + salted + length]
                at += salted + length
            elif place == 1:
                need(at + 12 <= len(data), "an attachment is cut short")
                file, offset = struct.unpack_from("<IQ", data, at)
                need(file == self.segment and offset == self.pay_end,
                     "an attachment is not where the pay file goes on")
                raw = self.pay[offset:offset + salted + length]
                self.pay_end += salted + length
                at += 12
            else:
                need(place == 2 and kind == 1 and at + 8 <= len(data),
                     "an attachment nobody writes")
                stored.append((kind, length, None, u64(data, at)))
                at += 8
                continue
            need(len(raw) == salted + length, "an attachment is cut short")
            stored.append((kind, length, raw[:salted], raw[salted:]))
        need(at == len(data), "bytes behind the attachments")
        return stored

    def match(self, record, stored):
        """Checks that the attachments are what the record commits to."""
        left = list(stored)

        def page(key, check):
            value = record.get(key, [])
            if not is_page(value):
                return value
            need(left and left[0][0] == 2, "a page is missing")
            _, length, _, data = left.pop(0)
            need(length == value[1] and page_hash(data) == value[2], "a page does not match")
            items = cbor(data)
            need(len(items) == value[0] and all(map(check, items)), "a page has other items")
            return items

        held = self.frames[self.lsn] = {}

        def payload(commitment):
            need(left and left[0][0] == 1, "a payload is missing")
            _, length, salt, data = left.pop(0)
            need(length == commitment[0], "a payload has another length")
            if salt is None:
                need(data < self.lsn and (length, commitment[1]) in self.frames.get(data, {}),
                     "an attachment refers to a frame that has not got it")
                return
            need(payload_digest(salt, data) == commitment[1],
                 "a payload does not match its commitment")
            held[length, commitment[1]] = True

        inputs = page(7, is_input)
        for item in inputs:
            payload(item[0])
        for commitment in record.get(9, []):
            payload(commitment)
        delta = None
        if left and left[0][0] == 3:
            need(record[4] == COMMIT, "an event that is no commit has a delta")
            delta = left.pop(0)[3]
        if record[4] in (GENESIS, UPGRADE):
            payload(record[14][3])
        outputs = page(15, is_output)
        for item in outputs:
            payload(item[2])
        need(not left, "more attachments than commitments")
        return inputs, outputs, delta

    def check_reference(self, item):
        reference = item[1]
        leaf, outputs, event = self.targets.get((reference[0], reference[1]), (None, 0, None))
        need(leaf == reference[2], "a reference to an event that is not there")
        need(len(reference) == 3 or reference[3] < outputs, "a reference to no output")
        need(event is None or event == item[0], "an input is not the event of its operation")

    def check_snapshots(self):
        folder = os.path.join(self.root, "snap")
        files = {}
        for actor in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            for name in sorted(os.listdir(os.path.join(folder, actor))):
                if re.fullmatch(r"\d{20}\.snap", name):
                    data = self.read(f"snap/{actor}/{name}")
                    files[bytes.fromhex(actor), int(name[:20])] = self.snapshot(data, actor, name)
        newest = {}
        for actor, body, root in self.snapshots:
            newest[actor] = body[1]
            if (actor, body[1]) in files:
                self.place = f"snap/{actor.hex()}/{body[1]:020}.snap"
                digest, found = files[actor, body[1]]
                need(digest == body[0] and found == root, "not the snapshot that its event names")
        for actor, seq in newest.items():
            self.place = f"snap/{actor.hex()}/{seq:020}.snap"
            need((actor, seq) in files, "the newest snapshot is missing")

    @staticmethod
    def snapshot(data, actor, name):
        need(data[:16] == b"theasnp\n" + struct.pack("<II", FORMAT, 0) and len(data) >= 24,
             "the snapshot header is damaged")
        manifest = data[24:24 + u64(data, 16)]
        need(len(manifest) == u64(data, 16) and len(manifest) >= 52, "the manifest is cut short")
        seq, salt, length, count = (u64(manifest, 16), manifest[24:40], u64(manifest, 40),
                                    u32(manifest, 48))
        need(manifest[:16].hex() == actor and seq == int(name[:20]) and count == -(-length // CHUNK)
             and 52 + 40 * count <= len(manifest), "the manifest contradicts itself")
        hashes, at = [], 24 + len(manifest)
        for i in range(count):
            digest, source = manifest[52 + 40 * i:84 + 40 * i], u64(manifest, 84 + 40 * i)
            hashes.append(digest)
            if source == seq:
                size = min(CHUNK, length - i * CHUNK)
                need(chunk_hash(i, data[at:at + size]) == digest, "a chunk does not match its hash")
                at += size
        need(at == len(data), "the snapshot has another size")
        return page_hash(manifest), state_root(salt, length, hashes)

    def check_components(self):
        folder = os.path.join(self.root, "components")
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            if name.endswith(".wasm"):
                digest = sha(self.read(f"components/{name}"))
                need(digest.hex() == name[:-5], "the component is damaged")
                self.components.pop(digest, None)
        for digest, place in self.components.items():
            self.place = place
            need(False, f"the component {digest.hex()} is missing")


    def check_index(self):
        """Derived: that it is whole, and which place of the log it says it is of."""
        folder = os.path.join(self.root, "index")
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            if not re.fullmatch(r"\d{10}\.idx", name):
                continue
            data = self.read(f"index/{name}")
            heads = [b"theaidx\n" + struct.pack("<II", each, 0) for each in INDEX_FORMATS]
            need(len(data) >= 56 and data[:16] in heads
                 and u64(data, 16) == len(data) - 56 and sha(data[56:]) == data[24:56],
                 "the index is damaged")
            body = data[56:]
            need(len(body) >= 68 and body[:16] == self.node and u64(body, 16) == int(name[:10]),
                 "the index is another segment's or node's")
            place = tuple(struct.unpack_from("<QQQ", body, 24)) + (body[48:64],)
            need(self.begins.get(int(name[:10])) == place, "the index contradicts its segment")


def main(arguments):
    if len(arguments) != 2 or not os.path.isfile(os.path.join(arguments[1], "node")):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    verifier = Verifier(arguments[1])
    try:
        verifier.run()
    except Bad as bad:
        print(f"bad: {verifier.place}: {bad}")
        return 1
    print(f"good: {verifier.events} events in {verifier.batches} batches, "
          f"{len(verifier.chains)} chains")
    for note in verifier.notes:
        print(f"note: {note}")
    for actor, chain in sorted(verifier.chains.items()):
        print(f"  {actor.hex()} events {chain.next} head {chain.head.hex()} "
              f"root {chain.root.hex()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
