// LogFiles: the segment and pay files that a log is being written to, and the disk space ahead.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"
#include "chain/disk_state.h"
#include "chain/log_format.h"
#include "chain/log_position.h"
#include "io/clock.h"
#include "io/file.h"

namespace theater::chain {

struct LogFilesOptions {
  std::uint64_t segment_bytes = kSegmentBytes;
  std::uint32_t batch_bytes_max = kBatchBytesMax;
  Reserve reserve = Reserve::kKeep;
};

/// The log thread's, but for `make_spare` (the allocating thread) and `disk_state` (any).
/// Descriptors stay open for life: an error at sync is reported once to whoever holds one.
class LogFiles {
 public:
  LogFiles(io::FileSystem& files, std::string directory, const LogFilesOptions& options,
           io::Random& random);

  /// Opens segment `end.segment` (none if 0) for appending; makes the reserve; drops half-made
  /// spares.
  Status open(const LogPosition& end);

  /// A new segment, of which `end` says number - 1, lsn, batch and link; `end` is moved to it.
  Status begin_segment(LogPosition& end);
  bool has_segment() const { return segment_ != nullptr; }
  bool fits(const LogPosition& end, std::uint64_t bytes) const {
    return segment_ != nullptr && end.offset + bytes <= segment_bytes_;
  }
  io::File& segment() { return *segment_; }
  const SegmentUuid& uuid() const { return uuid_; }

  /// Appends to the pay file of the current segment; the offset it went to. Not durable before
  /// sync_pay. A full disk costs the reserve first.
  Result<std::uint64_t> append_pay(ByteSpan bytes);
  Status sync_pay();

  /// How an empty file gets its disk space: written zeros are faster to write over (nothing but
  /// data to sync), an allocation is faster to make.
  enum class Filling : std::uint8_t { kZeros, kAllocation };
  /// Makes the next segment's file, synced, if there is none. Any error is kept for begin_segment
  /// to meet again.
  void make_spare(Filling filling);
  /// True once an eighth of the current segment is used and there is no spare.
  bool wants_spare(const LogPosition& end) const;

  DiskState disk_state() const { return disk_state_.load(std::memory_order_relaxed); }
  /// Looks at the free space again; makes the reserve again when there is room.
  void check_space();

 private:
  std::string path(std::string_view name) const { return directory_ + "/" + std::string(name); }
  Status make_empty(std::string_view name, Filling filling);
  Status fill(io::File& file, Filling filling);
  Result<bool> find_prepared(std::string_view name);
  Status open_segment(std::uint64_t number);
  Status obtain_spare(Filling filling);
  Status open_pay();
  Status use_reserve();
  Status with_reserve(const std::function<Status()>& write);

  io::FileSystem& files_;
  const std::string directory_;
  const LogFilesOptions options_;
  io::Random& random_;
  std::unique_ptr<io::File> segment_, pay_;
  SegmentUuid uuid_;
  std::uint64_t segment_bytes_ = 0;  // 0: written under other options, so no batch fits
  std::uint64_t segment_number_ = 0, pay_number_ = 0, pay_end_ = 0;
  std::mutex spare_mutex_;  // held while the spare is being made, or becomes a segment
  std::atomic<bool> has_spare_{false};
  std::atomic<bool> has_reserve_{false};
  std::atomic<DiskState> disk_state_{DiskState::kGood};
};

}  // namespace theater::chain
