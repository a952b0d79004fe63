// BatchScanner: a log's batches from the first one on, as far as each continues the one before.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "chain/evidence.h"
#include "chain/log_format.h"
#include "chain/log_position.h"
#include "chain/segment_window.h"
#include "io/file.h"

namespace theater::chain {

struct ScannedBatch {
  BatchHeader header;
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;  // of the header
  ByteSpan bytes;            // as stored: header, body, padding; valid until the next call
  ByteSpan body() const { return bytes.subspan(kBatchHeaderBytes, header.body_bytes); }
};

/// Checks headers, CRCs and continuity (segment, number, lsn, epoch), not hashes. Read-only; for
/// one thread. Knows the file system by the directory of the log.
class BatchScanner {
 public:
  static Result<BatchScanner> open(io::FileSystem& files, std::string directory);

  /// The header of segment `number`. kCorrupt: damaged, or not of that file.
  Result<SegmentHeader> read_header(std::uint64_t number) const;
  /// Whether a segment begins at `position`, and its header says the same of what is before it.
  bool begins(const LogPosition& position) const;
  /// Goes on at the begin of a segment; what is before it is taken from its header.
  Status begin_at(std::uint64_t segment);

  /// The next batch, or nullptr where there is none: then `position` and `state_at_end` say what
  /// was expected and what is there. May be called again when a writer has gone on. kCorrupt: a
  /// segment that cannot follow; `position` names it.
  Result<const ScannedBatch*> next();
  /// Where the next batch is expected and what it has to continue.
  const LogPosition& position() const { return position_; }
  BatchState state_at_end() const { return state_; }
  /// The segment of `position`; nothing if the log has none.
  const std::optional<SegmentHeader>& segment() const { return header_; }
  std::uint64_t segments() const { return segments_; }

  /// Whether the batch after the last one is there already. Keeps that one's bytes.
  Result<bool> has_successor();
  /// After the end: whether this segment has a later valid batch that proves the missing one
  /// durable, or a later segment exists (a segment gets its name only when all before is durable).
  Result<Evidence> look_beyond();
  /// Forgets buffered bytes and looks for segments made since.
  Status refresh();

  std::string path(std::string_view name) const { return directory_ + "/" + std::string(name); }
  /// The reading end of the current segment, for whoever checks what is behind the end.
  SegmentWindow& window() { return *window_; }

 private:
  BatchScanner(io::FileSystem& files, std::string directory)
      : files_(&files), directory_(std::move(directory)) {}
  Result<BatchState> look_at(SegmentWindow& window, std::uint64_t offset, ScannedBatch& batch);
  bool continues(const BatchHeader& header, std::uint64_t offset) const;
  Status enter(const SegmentHeader& header);
  /// True if the scanner is now at the begin of the next segment.
  Result<bool> enter_next_segment();

  io::FileSystem* files_;
  std::string directory_;
  std::uint64_t segments_ = 0;  // numbered from 1 without a gap
  LogPosition position_;
  std::optional<SegmentHeader> header_;
  std::unique_ptr<SegmentWindow> window_, successor_window_;
  ScannedBatch batch_;
  BatchState state_ = BatchState::kTorn;
};

}  // namespace theater::chain
