// Segments, pay files, spare and reserve.
#include "chain/log_files.h"

#include <algorithm>

#include "base/probe.h"
#include "chain/segment_window.h"

namespace theater::chain {
namespace {

constexpr std::size_t kZeroPiece = 1024 * 1024;
constexpr std::uint64_t kFreeSegmentsMin = 2;  // fewer: soft

}  // namespace

LogFiles::LogFiles(io::FileSystem& files, std::string directory, const LogFilesOptions& options,
                   io::Random& random)
    : files_(files), directory_(std::move(directory)), options_(options), random_(random) {}

/// Whether an empty file of the right size is there; others of its name are removed: of another
/// size, or with the header of a segment that it did not become before a crash.
Result<bool> LogFiles::find_prepared(std::string_view name) {
  const std::string half_made = path(name) + ".tmp";
  if (files_.exists(half_made)) TRY_OK(files_.remove(half_made));
  if (!files_.exists(path(name))) return false;
  TRY(const auto file, files_.open(path(name), io::OpenMode::kReadWrite));
  TRY(const std::uint64_t bytes, file->size());
  std::array<std::uint8_t, kSegmentHeaderBytes> head{};
  TRY_OK(file->read_at(0, head));
  if (bytes == options_.segment_bytes && first_nonzero(head) == head.size()) return true;
  PROBE("log: a prepared file is of no use");
  TRY_OK(files_.remove(path(name)));
  return false;
}

Status LogFiles::open_segment(std::uint64_t number) {
  TRY(segment_, files_.open(path(segment_name(number)), io::OpenMode::kReadWriteDirect));
  Bytes raw(kSegmentHeaderBytes);
  TRY_OK(segment_->read_at(0, raw));
  TRY(const SegmentHeader header, decode_segment_header(raw));
  const bool same_options = header.segment_bytes == options_.segment_bytes &&
                            header.batch_bytes_max == options_.batch_bytes_max;
  uuid_ = header.uuid;
  segment_number_ = number;
  segment_bytes_ = same_options ? header.segment_bytes : 0;
  return {};
}

Status LogFiles::open(const LogPosition& end) {
  TRY(has_spare_, find_prepared(kSpareName));
  TRY(has_reserve_, find_prepared(kReserveName));
  if (end.segment != 0) TRY_OK(open_segment(end.segment));
  check_space();
  return {};
}

Status LogFiles::fill(io::File& file, Filling filling) {
  if (filling == Filling::kAllocation) return file.allocate(options_.segment_bytes);
  const auto piece = std::min<std::uint64_t>(kZeroPiece, options_.segment_bytes);
  const Bytes memory(piece + io::kDirectAlignment);
  const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
  const std::size_t skip = io::kDirectAlignment - address % io::kDirectAlignment;
  for (std::uint64_t at = 0; at < options_.segment_bytes; at += piece) {
    const std::uint64_t rest = std::min<std::uint64_t>(options_.segment_bytes - at, piece);
    TRY_OK(file.write_at(at, ByteSpan(memory).subspan(skip, rest)));
  }
  return {};
}

/// A file of one segment's size that reads as zeros, durable under its name. The zeros go past the
/// page cache: what lies there of them would be in the way of the log, whose writes go past it too.
Status LogFiles::make_empty(std::string_view name, Filling filling) {
  const std::string half_made = path(name) + ".tmp";
  TRY_OK(files_.open(half_made, io::OpenMode::kCreate));
  {
    TRY(const auto file, files_.open(half_made, io::OpenMode::kReadWriteDirect));
    Status filled = fill(*file, filling);
    if (filled) filled = file->sync_all();
    if (!filled) {
      (void)files_.remove(half_made);  // what it holds of the disk is wanted elsewhere
      return filled;
    }
  }
  TRY_OK(files_.rename(half_made, path(name)));
  return files_.sync_directory(directory_);
}

void LogFiles::make_spare(Filling filling) {
  const std::lock_guard lock(spare_mutex_);
  if (has_spare_.load(std::memory_order_relaxed)) return;
  if (make_empty(kSpareName, filling)) has_spare_.store(true, std::memory_order_release);
}

bool LogFiles::wants_spare(const LogPosition& end) const {
  return !has_spare_.load(std::memory_order_acquire) && end.offset > options_.segment_bytes / 8;
}

/// On a full disk the reserve becomes the spare. Called with the spare's mutex held.
Status LogFiles::obtain_spare(Filling filling) {
  if (has_spare_) return {};
  const Status made = make_empty(kSpareName, filling);
  if (made || made.error().code != Code::kNoSpace || !has_reserve_) return made;
  disk_state_ = DiskState::kHard;
  PROBE("log: the reserve becomes a segment");
  TRY_OK(files_.rename(path(kReserveName), path(kSpareName)));
  has_reserve_ = false;
  return {};  // its name becomes durable with the segment's
}

Status LogFiles::begin_segment(LogPosition& end) {
  std::unique_lock lock(spare_mutex_);
  // Behind a segment that filled up before its spare was made there is no time for zeros.
  TRY_OK(obtain_spare(segment_ == nullptr ? Filling::kZeros : Filling::kAllocation));
  SegmentHeader header;
  random_.fill(header.uuid.bytes);
  header.node = end.node;
  header.number = end.segment + 1;
  header.first_lsn = end.next_lsn;
  header.first_batch = end.number;
  header.link = end.link;
  header.epoch = end.epoch;
  header.segment_bytes = options_.segment_bytes;
  header.batch_bytes_max = options_.batch_bytes_max;
  std::array<std::uint8_t, kSegmentHeaderBytes> raw;
  encode(header, raw);
  const std::string spare = path(kSpareName);
  TRY(auto file, files_.open(spare, io::OpenMode::kReadWriteDirect));
  TRY_OK(file->write_at(0, raw));
  TRY_OK(file->sync_all());
  TRY_OK(files_.rename(spare, path(segment_name(header.number))));
  TRY_OK(files_.sync_directory(directory_));
  has_spare_ = false;
  lock.unlock();
  segment_ = std::move(file);
  uuid_ = header.uuid;
  segment_number_ = header.number;
  segment_bytes_ = header.segment_bytes;
  end.segment = header.number;
  end.offset = kSegmentHeaderBytes;
  check_space();
  return {};
}

Status LogFiles::open_pay() {
  if (pay_ != nullptr && pay_number_ == segment_number_) return {};
  const std::string name = path(pay_name(segment_number_));
  const bool is_new = !files_.exists(name);
  std::unique_ptr<io::File> file;
  TRY_OK(with_reserve([&]() -> Status {
    TRY(file, files_.open(name, io::OpenMode::kCreate));
    return {};
  }));
  TRY(const std::uint64_t end, file->size());
  if (is_new) TRY_OK(files_.sync_directory(directory_));
  pay_ = std::move(file);
  pay_number_ = segment_number_;
  pay_end_ = end;
  return {};
}

/// Gives the reserve back to the file system, so that accepted work can be finished.
Status LogFiles::use_reserve() {
  disk_state_ = DiskState::kHard;
  if (!has_reserve_) return fail(Code::kNoSpace, "{}: the disk is full", directory_);
  has_reserve_ = false;
  return files_.remove(path(kReserveName));  // it may come back after a power cut: no harm
}

/// Does it again with the reserve's room, if the disk is full.
Status LogFiles::with_reserve(const std::function<Status()>& write) {
  const Status written = write();
  if (written || written.error().code != Code::kNoSpace) return written;
  TRY_OK(use_reserve());
  return write();
}

Result<std::uint64_t> LogFiles::append_pay(ByteSpan bytes) {
  TRY_OK(open_pay());
  TRY_OK(with_reserve([&] { return pay_->write_at(pay_end_, bytes); }));
  return std::exchange(pay_end_, pay_end_ + bytes.size());
}

Status LogFiles::sync_pay() { return pay_->sync_data(); }

void LogFiles::check_space() {
  const auto free = files_.free_bytes(directory_);
  if (!free) return;  // the next allocation will tell
  const std::unique_lock lock(spare_mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return;  // a spare is being made: the numbers are in motion
  if (options_.reserve == Reserve::kKeep && !has_reserve_ && *free > options_.segment_bytes) {
    has_reserve_ = make_empty(kReserveName, Filling::kAllocation).has_value();
  }
  const std::uint64_t left =
      files_.free_bytes(directory_).value_or(0) + (has_spare_ ? options_.segment_bytes : 0);
  if (options_.reserve == Reserve::kKeep && !has_reserve_) {
    disk_state_ = DiskState::kHard;
  } else {
    const bool enough = left >= kFreeSegmentsMin * options_.segment_bytes;
    if (!enough) PROBE("log: the disk is nearly full");
    disk_state_ = enough ? DiskState::kGood : DiskState::kSoft;
  }
}

}  // namespace theater::chain
