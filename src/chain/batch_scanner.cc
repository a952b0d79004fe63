// Walking through batches and segments.
#include "chain/batch_scanner.h"

#include "chain/crc32c.h"

namespace theater::chain {

Result<BatchScanner> BatchScanner::open(io::FileSystem& files, std::string directory) {
  BatchScanner scanner(files, std::move(directory));
  TRY_OK(scanner.refresh());
  return scanner;
}

Status BatchScanner::refresh() {
  TRY(const std::vector<std::string> names, files_->list(directory_));
  std::uint64_t count = 0, last = 0;
  for (const std::string& name : names) {
    if (const auto number = segment_number(name)) {
      ++count;
      last = std::max(last, *number);
    }
  }
  if (count != last) {
    return fail(Code::kCorrupt, "{}: {} segments are there, but the last is number {}", directory_,
                count, last);
  }
  segments_ = last;
  if (window_) window_->forget();
  if (successor_window_) successor_window_->forget();
  return {};
}

bool BatchScanner::continues(const BatchHeader& header, std::uint64_t offset) const {
  return header.uuid == header_->uuid && header.epoch >= position_.epoch &&
         header.number == position_.number && header.first_lsn == position_.next_lsn &&
         header.durable_upto <= offset && header.durable_upto >= kSegmentHeaderBytes;
}

Result<BatchState> BatchScanner::look_at(SegmentWindow& window, std::uint64_t offset,
                                         ScannedBatch& batch) {
  TRY(const ByteSpan head, window.view(offset, kBatchHeaderBytes));
  const auto header = decode_batch_header(head);
  if (!header) return BatchState::kTorn;
  const std::uint64_t stored = header->stored_bytes();
  if (stored > header_->batch_bytes_max || offset + stored > header_->segment_bytes) {
    return BatchState::kTorn;
  }
  batch.header = *header;
  batch.segment = position_.segment;
  batch.offset = offset;
  TRY(batch.bytes, window.view(offset, stored));
  if (batch.bytes.size() != stored || crc32c(batch.body()) != header->body_crc) {
    return BatchState::kTorn;
  }
  return BatchState::kOk;
}

Result<SegmentHeader> BatchScanner::read_header(std::uint64_t number) const {
  const std::string name = segment_name(number);
  TRY(auto window, SegmentWindow::open(*files_, path(name)));
  TRY(const ByteSpan raw, window.view(0, kSegmentHeaderBytes));
  auto header = decode_segment_header(raw);
  if (!header) return fail_in(header.error(), path(name));
  if (header->number != number || window.size() != header->segment_bytes) {
    return fail(Code::kCorrupt, "{}: number or size are not those in its header", path(name));
  }
  return header;
}

Result<bool> BatchScanner::enter_next_segment() {
  if (position_.segment == segments_) {
    const std::string next = path(segment_name(position_.segment + 1));
    if (!files_->exists(next)) return false;
    ++segments_;
  }
  const std::uint64_t number = position_.segment + 1;
  TRY(const SegmentHeader header, read_header(number));
  if (header.first_batch != position_.number || header.first_lsn != position_.next_lsn) {
    return false;
  }
  if (header.link != position_.link || header.epoch < position_.epoch ||
      (header_ && header.node != header_->node)) {
    return fail(Code::kCorrupt, "{}: does not continue the segment before it",
                path(segment_name(number)));
  }
  TRY_OK(enter(header));
  return true;
}

Status BatchScanner::enter(const SegmentHeader& header) {
  TRY(auto window, SegmentWindow::open(*files_, path(segment_name(header.number))));
  window_ = std::make_unique<SegmentWindow>(std::move(window));
  successor_window_.reset();
  header_ = header;
  position_.segment = header.number;
  position_.offset = kSegmentHeaderBytes;
  position_.node = header.node;
  return {};
}

bool BatchScanner::begins(const LogPosition& position) const {
  if (position.segment == 0 || position.segment > segments_) return false;
  const auto header = read_header(position.segment);
  return header && header->node == position.node && header->first_batch == position.number &&
         header->first_lsn == position.next_lsn && header->link == position.link &&
         header->epoch == position.epoch;
}

Status BatchScanner::begin_at(std::uint64_t segment) {
  TRY(const SegmentHeader header, read_header(segment));
  TRY_OK(enter(header));
  position_.epoch = header.epoch;
  position_.number = header.first_batch;
  position_.next_lsn = header.first_lsn;
  position_.link = header.link;
  return {};
}

Result<const ScannedBatch*> BatchScanner::next() {
  for (;;) {
    if (window_) {
      TRY(state_, look_at(*window_, position_.offset, batch_));
      if (state_ == BatchState::kOk && continues(batch_.header, position_.offset)) break;
      if (state_ == BatchState::kOk) state_ = BatchState::kOtherEpoch;
      window_->forget();
    }
    TRY(const bool entered, enter_next_segment());
    if (!entered) return nullptr;
  }
  position_.offset += batch_.header.stored_bytes();
  position_.epoch = batch_.header.epoch;
  position_.number += 1;
  position_.next_lsn = batch_.header.next_lsn();
  position_.link = batch_.header.link;
  return &batch_;
}

Result<bool> BatchScanner::has_successor() {
  if (!window_) return false;
  if (!successor_window_) {
    TRY(auto window, SegmentWindow::open(*files_, path(segment_name(position_.segment))));
    successor_window_ = std::make_unique<SegmentWindow>(std::move(window));
  }
  successor_window_->forget();
  ScannedBatch batch;
  TRY(const BatchState state, look_at(*successor_window_, position_.offset, batch));
  if (state == BatchState::kOk) return continues(batch.header, position_.offset);
  return files_->exists(path(segment_name(position_.segment + 1)));
}

Result<Evidence> BatchScanner::look_beyond() {
  if (position_.segment < segments_) return Evidence::kYes;
  if (!window_) return Evidence::kNo;
  const std::uint64_t end = header_->segment_bytes;
  for (std::uint64_t at = position_.offset + kSectorBytes; at + kSectorBytes <= end;
       at += kSectorBytes) {
    TRY(const ByteSpan head, window_->view(at, kSectorBytes));
    if (!has_batch_magic(head)) continue;
    ScannedBatch batch;
    TRY(const BatchState state, look_at(*window_, at, batch));
    if (state == BatchState::kOk && batch.header.uuid == header_->uuid &&
        batch.header.number > position_.number && batch.header.durable_upto > position_.offset) {
      return Evidence::kYes;
    }
  }
  return Evidence::kNo;
}

}  // namespace theater::chain
