// The bytes of the log: segment headers, batches, frames, attachments. docs/formats/chain.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "chain/attachment.h"
#include "chain/hash.h"
#include "chain/limits.h"

namespace theater::chain {

using SegmentUuid = StrongBytes<struct SegmentUuidTag, 16>;

inline constexpr std::uint32_t kLogFormat = 1;
inline constexpr std::size_t kSegmentHeaderBytes = 512;
inline constexpr std::size_t kBatchHeaderBytes = 128;
inline constexpr std::size_t kFrameHeaderBytes = 24;
inline constexpr std::size_t kAttachmentHeaderBytes = 8;
inline constexpr std::uint8_t kFrameRecord = 1;

/// Names in the log directory.
std::string segment_name(std::uint64_t number);
std::string pay_name(std::uint64_t number);
/// The number in such a name; nothing for other names.
std::optional<std::uint64_t> segment_number(std::string_view name);
std::optional<std::uint64_t> pay_number(std::string_view name);
inline constexpr std::string_view kWatermarkName = "watermark";
inline constexpr std::string_view kSpareName = "spare";      // zero-filled, the next segment
inline constexpr std::string_view kReserveName = "reserve";  // zero-filled, for a full disk

constexpr std::uint64_t round_to_sector(std::uint64_t bytes) {
  return (bytes + kSectorBytes - 1) / kSectorBytes * kSectorBytes;
}

/// The first 512 bytes of a segment. Written and synced before the file has its name, and only
/// after everything in the segments before is durable.
struct SegmentHeader {
  SegmentUuid uuid;
  NodeId node;
  std::uint64_t number = 0;
  Lsn first_lsn;
  std::uint64_t first_batch = 0;
  BatchLink link;           // of the batch before
  std::uint64_t epoch = 0;  // of the batch before; this segment's are not lower
  std::uint64_t segment_bytes = 0;
  std::uint32_t batch_bytes_max = 0;
  bool operator==(const SegmentHeader&) const = default;
};
void encode(const SegmentHeader& header, std::span<std::uint8_t, kSegmentHeaderBytes> out);
/// kCorrupt: anything that encode would not have written.
Result<SegmentHeader> decode_segment_header(ByteSpan bytes);

struct BatchHeader {
  enum class Seal : std::uint32_t { kNo = 0, kYes = 1 };
  Seal seal = Seal::kNo;  // a seal is empty and proves the batch before it
  std::uint64_t epoch = 0;
  SegmentUuid uuid;
  std::uint64_t number = 0;
  Lsn first_lsn;
  std::uint32_t frames = 0;
  std::uint32_t body_bytes = 0;
  std::uint64_t durable_upto = 0;  // offset in this segment known durable when it was built
  BatchLink link;
  std::uint32_t body_crc = 0;

  std::uint64_t stored_bytes() const {
    return round_to_sector(kBatchHeaderBytes + std::uint64_t{body_bytes});
  }
  Lsn next_lsn() const { return {first_lsn.value + frames}; }
  bool operator==(const BatchHeader&) const = default;
};
void encode(const BatchHeader& header, std::span<std::uint8_t, kBatchHeaderBytes> out);
Result<BatchHeader> decode_batch_header(ByteSpan bytes);
/// True if the bytes begin like a batch: a cheap first look while searching.
bool has_batch_magic(ByteSpan bytes);

/// An attachment as it is stored. `bytes` points into the reader's buffer if it is in the frame.
struct StoredAttachment {
  AttachmentClass attachment_class = AttachmentClass::kPayload;
  AttachmentPlace place = AttachmentPlace::kHere;
  std::uint64_t length = 0;  // of the payload, page or delta
  Salt salt;                 // of a payload here
  ByteSpan bytes;            // here
  std::uint32_t pay_file = 0;
  std::uint64_t pay_offset = 0;
  Lsn lsn;  // elsewhere

  /// Bytes it takes in its pay file: a payload's salt stands before it.
  std::uint64_t pay_bytes() const {
    return length + (attachment_class == AttachmentClass::kPayload ? Salt::size() : 0);
  }
};

/// One frame. Spans are valid as long as the bytes it was parsed from.
struct Frame {
  Lsn lsn;
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;  // of the frame in its segment
  std::uint64_t bytes = 0;   // of the frame
  ByteSpan record;           // encoded
  ByteSpan zero_and_record;  // the same with the 0x00 before it: what leaf_hash_prefixed wants
  std::vector<StoredAttachment> attachments;

  /// That it takes in the log: itself and its pieces in the pay file.
  std::uint64_t stored_bytes() const;
};

struct FrameHeader {
  std::uint32_t bytes = 0;
  Lsn lsn;
  std::uint16_t record_bytes = 0;
  std::uint16_t attachments = 0;
};
/// Writes the header without its CRC; `seal_frame` adds that once the frame's bytes are final.
void encode(const FrameHeader& header, std::span<std::uint8_t, kFrameHeaderBytes> out);
void seal_frame(std::span<std::uint8_t> frame);

/// Parses the frame at the front of `bytes` into `frame` (whose list keeps its memory), CRC
/// included. kCorrupt if it is not exactly what a writer makes.
Status parse_frame(ByteSpan bytes, Frame& frame);

}  // namespace theater::chain
