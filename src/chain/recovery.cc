// Recovery, step by step: read, judge, cut.
#include "chain/recovery.h"

#include <algorithm>

#include "base/check.h"
#include "base/probe.h"
#include "chain/batch_scanner.h"
#include "chain/evidence.h"
#include "chain/watermark.h"

namespace theater::chain {
namespace {

std::unexpected<Error> corrupt_at(const BatchScanner& scanner, std::string_view why) {
  const LogPosition& at = scanner.position();
  return fail(Code::kCorrupt, "{} at byte {}: {}. Nothing was changed",
              scanner.path(segment_name(at.segment)), at.offset, why);
}

/// The end of what batches refer to in the pay file of their segment.
class PayExtent {
 public:
  Status add(const ScannedBatch& batch) {
    if (batch.segment != segment_) {
      segment_ = batch.segment;
      end_ = 0;
    }
    for (ByteSpan rest = batch.body(); !rest.empty(); rest = rest.subspan(frame_.bytes)) {
      TRY_OK(parse_frame(rest, frame_));
      for (const StoredAttachment& attachment : frame_.attachments) {
        if (attachment.place != AttachmentPlace::kPay) continue;
        end_ = std::max(end_, attachment.pay_offset + attachment.pay_bytes());
      }
    }
    return {};
  }
  std::uint64_t end_in(std::uint64_t segment) const { return segment == segment_ ? end_ : 0; }

 private:
  Frame frame_;
  std::uint64_t segment_ = 0, end_ = 0;
};

/// The newest watermark of a log that has been written to.
Result<std::optional<Watermark>> load_watermark(io::FileSystem& files,
                                                const std::string& directory) {
  const auto slots = read_watermark(files, directory);
  if (!slots && slots.error().code == Code::kNotFound) return std::optional<Watermark>{};
  if (!slots) return std::unexpected(slots.error());
  return slots->newest();
}

Result<Verdict> judge_end(BatchScanner& scanner, const std::optional<Watermark>& watermark,
                          const std::optional<LogPosition>& indexed) {
  EvidenceFacts facts;
  facts.batch = scanner.state_at_end();
  TRY(facts.later_batch, scanner.look_beyond());
  const LogPosition& at = scanner.position();
  const bool past = watermark && (watermark->number >= at.number ||
                                  std::pair(watermark->segment, watermark->offset) >
                                      std::pair(at.segment, at.offset));
  const bool index_past = indexed && indexed->number > at.number;
  facts.watermark_past = past || index_past ? Evidence::kYes : Evidence::kNo;
  return judge(facts);
}

/// Where the last batch stands; its segment is 0 if there is none.
struct LastBatch {
  std::uint64_t segment = 0, offset = 0, bytes = 0;
};

/// The same bytes in the same place, to be synced: the process that wrote them may have ended
/// before its sync, and behind a sync that failed they may look synced without being on the disk.
Status write_again(io::File& file, const LastBatch& batch) {
  Bytes bytes(batch.bytes);
  TRY(const std::size_t got, file.read_at(batch.offset, bytes));
  CHECK(got == bytes.size(), "CHAIN-1: a batch that was read is there");
  return file.write_at(batch.offset, bytes);
}

/// Makes durable what the log is about to vouch for: the last batch, and zeros in place of what an
/// unfinished write may have left behind it. What is before was synced before that was written, and
/// so was what it refers to in the pay file. How many bytes were not zero.
Result<std::uint64_t> settle_segment(io::FileSystem& files, BatchScanner& scanner,
                                     const LastBatch& last) {
  const LogPosition& at = scanner.position();
  const SegmentHeader& header = *scanner.segment();
  const std::uint64_t reach = std::min(at.offset + header.batch_bytes_max, header.segment_bytes);
  TRY(const std::uint64_t first, scanner.window().first_nonzero(at.offset, reach));
  const std::uint64_t torn = first == reach ? 0 : reach - at.offset;
  TRY(const auto file,
      files.open(scanner.path(segment_name(at.segment)), io::OpenMode::kReadWrite));
  if (torn > 0) PROBE("recovery: a torn batch is cut");
  if (torn > 0) TRY_OK(file->write_at(at.offset, Bytes(torn)));
  if (last.segment == at.segment) TRY_OK(write_again(*file, last));
  TRY_OK(file->sync_data());
  return torn;
}

/// Bytes written for a batch that never came.
Result<std::uint64_t> cut_pay(io::FileSystem& files, const std::string& path, std::uint64_t end) {
  if (!files.exists(path)) return 0;
  TRY(const auto file, files.open(path, io::OpenMode::kReadWrite));
  TRY(const std::uint64_t bytes, file->size());
  if (bytes <= end) return 0;
  PROBE("recovery: a pay file is cut");
  TRY_OK(file->resize(end));
  TRY_OK(file->sync_all());
  return bytes - end;
}

Status check_pay(io::FileSystem& files, BatchScanner& scanner, std::uint64_t end) {
  if (end == 0) return {};
  const std::string path = scanner.path(pay_name(scanner.position().segment));
  TRY(const auto file, files.open(path, io::OpenMode::kRead));
  TRY(const std::uint64_t bytes, file->size());
  if (bytes >= end) return {};
  return fail(Code::kCorrupt, "{}: {} bytes, but the log refers to {}. Nothing was changed", path,
              bytes, end);
}

struct Scan {
  BatchScanner scanner;
  PayExtent pay;
  LastBatch last;
  bool from_index = false;
};

Result<Scan> read_log(io::FileSystem& files, const std::string& directory,
                      const std::optional<LogPosition>& indexed) {
  TRY(auto scanner, BatchScanner::open(files, directory));
  Scan scan{std::move(scanner), {}, {}};
  scan.from_index = indexed && scan.scanner.begins(*indexed);
  if (scan.from_index) TRY_OK(scan.scanner.begin_at(indexed->segment));
  for (;;) {
    TRY(const ScannedBatch* const batch, scan.scanner.next());
    if (batch == nullptr) return scan;
    if (const Status added = scan.pay.add(*batch); !added) {
      return corrupt_at(scan.scanner, added.error().message);
    }
    scan.last = {batch->segment, batch->offset, batch->bytes.size()};
  }
}

Status check_origin(const BatchScanner& scanner, const NodeId& node,
                    const std::optional<Watermark>& watermark) {
  const bool written = scanner.position().number > 1;
  if (scanner.segment() && scanner.segment()->node != node) {
    return corrupt_at(scanner, "the log belongs to another node");
  }
  if (written && !watermark) return corrupt_at(scanner, "the watermark is missing or damaged");
  return {};
}

}  // namespace

Result<Recovery> recover(io::FileSystem& files, const std::string& directory, const NodeId& node,
                         const std::optional<LogPosition>& indexed) {
  Recovery recovery;
  recovery.end.node = node;
  recovery.end.epoch = 1;
  if (!files.exists(directory)) return recovery;
  TRY(Scan scan, read_log(files, directory, indexed));
  BatchScanner& scanner = scan.scanner;
  TRY(const auto watermark, load_watermark(files, directory));
  TRY_OK(check_origin(scanner, node, watermark));
  TRY(const Verdict verdict, judge_end(scanner, watermark, indexed));
  if (verdict == Verdict::kCorrupt) {
    return corrupt_at(scanner, fmt::format("batch {} was acknowledged and is damaged or missing",
                                           scanner.position().number));
  }
  recovery.from_index = scan.from_index;
  if (!scanner.segment()) return recovery;
  const LogPosition& end = scanner.position();
  const std::uint64_t pay_end = scan.pay.end_in(end.segment);
  TRY_OK(check_pay(files, scanner, pay_end));
  TRY(const std::uint64_t cut, settle_segment(files, scanner, scan.last));
  TRY(const std::uint64_t pay_cut, cut_pay(files, scanner.path(pay_name(end.segment)), pay_end));
  TRY_OK(files.sync_directory(directory));  // a name that is seen may not be durable yet
  recovery.end = end;
  recovery.end.node = node;
  recovery.end.epoch = std::max(end.epoch, watermark ? watermark->epoch : 0) + 1;
  if (watermark && watermark->state == NodeState::kRunning && end.number > 1) {
    recovery.after_crash = RecoveryBody{end.segment, end.offset, cut + pay_cut};
  }
  return recovery;
}

}  // namespace theater::chain
