// Reading frames in order, up to the end or to the durable end.
#include "chain/log_reader.h"

#include <algorithm>

#include "chain/watermark.h"

namespace theater::chain {

Result<std::unique_ptr<LogReader>> LogReader::open(io::FileSystem& files,
                                                   const std::string& directory, ReadUpTo up_to,
                                                   std::uint64_t from) {
  TRY(auto scanner, BatchScanner::open(files, directory));
  if (from > 1) TRY_OK(scanner.begin_at(from));
  return std::unique_ptr<LogReader>(new LogReader(files, directory, up_to, std::move(scanner)));
}

std::unexpected<Error> LogReader::corrupt(std::string_view why) const {
  const LogPosition& at = scanner_.position();
  return fail(Code::kCorrupt, "{} at byte {}: {}", scanner_.path(segment_name(at.segment)),
              at.offset, why);
}

Location LogReader::location(std::uint64_t segment, std::uint64_t offset) {
  return {"log/" + segment_name(segment), offset};
}

Result<bool> LogReader::is_durable(std::uint64_t batch_number) {
  if (up_to_ == ReadUpTo::kEnd || batch_number <= vouched_) return true;
  if (const auto slots = read_watermark(files_, directory_)) {
    if (const auto newest = slots->newest()) vouched_ = std::max(vouched_, newest->number);
  }
  if (batch_number <= vouched_) return true;
  return scanner_.has_successor();
}

/// Whether the evidence says that there should be a batch where the scanner found none.
Result<bool> LogReader::missing_batch() {
  const auto slots = read_watermark(files_, directory_);
  const auto newest = slots ? slots->newest() : std::nullopt;
  if (newest && newest->number >= scanner_.position().number) return true;
  if (up_to_ == ReadUpTo::kDurable) return false;
  TRY(const Evidence later, scanner_.look_beyond());
  return later == Evidence::kYes;
}

/// Makes `batch_` the next one; false at the end.
Result<bool> LogReader::next_batch() {
  TRY(batch_, scanner_.next());
  if (batch_ == nullptr) {
    TRY(const bool missing, missing_batch());
    if (!missing) return false;
    // A writer may have gone on between the two looks.
    TRY_OK(scanner_.refresh());
    TRY(batch_, scanner_.next());
    if (batch_ == nullptr) return corrupt("an acknowledged batch is damaged or missing");
  }
  resolver_.note(*batch_);
  proved_ = false;
  at_ = 0;
  return true;
}

Result<const Frame*> LogReader::next() {
  while (batch_ == nullptr || at_ == batch_->header.body_bytes) {
    TRY(const bool found, next_batch());
    if (!found) return nullptr;
  }
  if (!proved_) {
    TRY(proved_, is_durable(batch_->header.number));
    if (!proved_) return nullptr;
  }
  TRY_OK(parse_frame(batch_->body().subspan(at_), frame_));
  frame_.segment = batch_->segment;
  frame_.offset = batch_->offset + kBatchHeaderBytes + at_;
  if (frame_.lsn != next_lsn_) return corrupt("a frame has another lsn than its place");
  next_lsn_ = next_lsn_.next();
  at_ += frame_.bytes;
  return &frame_;
}

}  // namespace theater::chain
