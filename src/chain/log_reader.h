// LogReader: the frames of a data directory in lsn order, read-only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "chain/attachment.h"
#include "chain/event.h"
#include "chain/log_position.h"
#include "io/file.h"

namespace theater::chain {

/// An attachment as it is stored. `bytes` points into the reader's buffer if `place` is kHere.
struct StoredAttachment {
  AttachmentClass attachment_class = AttachmentClass::kPayload;
  AttachmentPlace place = AttachmentPlace::kHere;
  std::uint64_t length = 0;  // of the payload, page or delta
  Salt salt;                 // payload here
  ByteSpan bytes;            // here
  std::uint32_t pay_file = 0;
  std::uint64_t pay_offset = 0;
  Lsn lsn;  // elsewhere
};

/// One frame. Spans are valid until the reader's next call.
struct Frame {
  Lsn lsn;
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;  // of the frame in its segment
  ByteSpan record;           // encoded
  ByteSpan zero_and_record;  // the same with the 0x00 before it: what leaf_hash_prefixed wants
  std::vector<StoredAttachment> attachments;
};

enum class ReadUpTo : std::uint8_t {
  kEnd,      // the last valid batch
  kDurable,  // the last batch proved durable by a later batch, a seal or the watermark
};

/// Reads batch by batch, checking headers, CRCs and continuity (not links: verify does). May run
/// beside a writing node, then with kDurable: `next` answers nothing at the durable end and goes on
/// when called again later. Not for concurrent use.
class LogReader {
 public:
  static Result<std::unique_ptr<LogReader>> open(io::FileSystem& files,
                                                 const std::string& directory, ReadUpTo up_to);
  virtual ~LogReader() = default;

  /// The next frame, or nullptr at the end. kCorrupt where the evidence rule says so.
  virtual Result<const Frame*> next() = 0;
  /// Payload, page or delta bytes, wherever they are; with their salt. kNotFound if removed.
  struct Resolved {
    Bytes bytes;
    Salt salt;
  };
  virtual Result<Resolved> resolve(const Frame& frame, std::size_t attachment) = 0;
  virtual Location location(const Frame& frame) const = 0;
};

}  // namespace theater::chain
