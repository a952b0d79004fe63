// For tests: a forger who knows the format. Takes a segment apart, and puts it together again with
// every length, lsn and CRC repaired.
#pragma once

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "chain/crc32c.h"
#include "chain/hash.h"
#include "chain/log_format.h"

namespace theater::chain {

/// One segment, taken apart into `batches` for a test to change. Owns its bytes; one thread. CHECKs
/// that the segment was good.
class LogEditor {
 public:
  struct Batch {
    BatchHeader header;
    std::vector<Bytes> frames;
  };

  explicit LogEditor(Bytes segment) : segment_(std::move(segment)) {
    std::uint64_t at = kSegmentHeaderBytes;
    while (at < segment_.size() && has_batch_magic(ByteSpan(segment_).subspan(at))) {
      Batch batch{decode_batch_header(ByteSpan(segment_).subspan(at, kBatchHeaderBytes)).value(),
                  {}};
      ByteSpan body = ByteSpan(segment_).subspan(at + kBatchHeaderBytes, batch.header.body_bytes);
      Frame frame;
      for (; !body.empty(); body = body.subspan(frame.bytes)) {
        CHECK(parse_frame(body, frame).has_value(), "the segment was good");
        batch.frames.push_back(to_bytes(body.first(frame.bytes)));
      }
      at += batch.header.stored_bytes();
      batches.push_back(std::move(batch));
    }
  }

  enum class Links { kKept, kForged };

  /// The segment with what `batches` now says.
  Bytes assemble(Links links) {
    const std::size_t size = segment_.size();
    Bytes out(segment_.begin(), segment_.begin() + kSegmentHeaderBytes);
    Lsn lsn{1};
    BatchLink link;
    for (Batch& batch : batches) {
      append_batch(batch, lsn, out);
      if (links == Links::kForged) {
        link = batch_link(link, {batch.header.number, batch.header.first_lsn}, leaves_);
        batch.header.link = link;
      }
      write_header(batch, out);
    }
    out.resize(size);
    return out;
  }

  /// The record of a frame, to be changed in place.
  static std::span<std::uint8_t> record(Bytes& frame) {
    return {frame.data() + kFrameHeaderBytes, load_le<std::uint16_t>(frame.data() + 18)};
  }
  static ActorId actor(const Bytes& frame) {
    return ActorId::from(ByteSpan(frame).subspan(kFrameHeaderBytes + 5, 16));
  }

  std::vector<Batch> batches;

 private:
  void append_batch(Batch& batch, Lsn& lsn, Bytes& out) {
    batch.header.first_lsn = lsn;
    batch.header.frames = static_cast<std::uint32_t>(batch.frames.size());
    batch.header.durable_upto = std::min<std::uint64_t>(batch.header.durable_upto, out.size());
    begin_ = out.size();
    out.resize(begin_ + kBatchHeaderBytes);
    leaves_.clear();
    for (Bytes& frame : batch.frames) {
      store_le<std::uint64_t>(frame.data() + 8, lsn.value);
      seal_frame(frame);
      append(leaves_, leaf_hash(record(frame)).span());
      append(out, frame);
      lsn = lsn.next();
    }
    const std::size_t body = begin_ + kBatchHeaderBytes;
    batch.header.body_bytes = static_cast<std::uint32_t>(out.size() - body);
    batch.header.body_crc = crc32c(ByteSpan(out).subspan(body));
    out.resize(round_to_sector(out.size()));
  }
  void write_header(const Batch& batch, Bytes& out) const {
    encode(batch.header,
           std::span<std::uint8_t, kBatchHeaderBytes>(out.data() + begin_, kBatchHeaderBytes));
  }

  Bytes segment_;
  Bytes leaves_;
  std::size_t begin_ = 0;
};

}  // namespace theater::chain
