// Resolving attachments.
#include "chain/attachment_resolver.h"

#include <algorithm>

#include "chain/codec.h"
#include "chain/hash.h"

namespace theater::chain {
namespace {

std::unexpected<Error> corrupt(std::string_view what) { return fail(Code::kCorrupt, "{}", what); }

/// The attachments must be those that the decoded record commits to, in its order.
Status match(const Frame& frame, const Record& record) {
  const HasDelta delta = delta_of(frame);
  if (delta == HasDelta::kYes && record.kind != Kind::kCommit) {
    return corrupt("the event has a delta but is no commit");
  }
  std::size_t next = 0;
  const bool fits =
      for_each_expected(record.draft(), pages_of(record), delta, [&](const Expected& expected) {
        if (next == frame.attachments.size()) return false;
        const StoredAttachment& stored = frame.attachments[next++];
        return stored.attachment_class == expected.attachment_class() &&
               stored.length == expected.length().value_or(stored.length);
      });
  if (fits && next == frame.attachments.size()) return {};
  return corrupt("the event's attachments are not those its record commits to");
}

}  // namespace

HasDelta delta_of(const Frame& frame) {
  const bool any = std::ranges::any_of(frame.attachments, [](const StoredAttachment& stored) {
    return stored.attachment_class == AttachmentClass::kDelta;
  });
  return any ? HasDelta::kYes : HasDelta::kNo;
}

PagesOf pages_of(const Record& record) {
  return {record.input_page ? &*record.input_page : nullptr,
          record.output_page ? &*record.output_page : nullptr};
}

void AttachmentResolver::note(const ScannedBatch& batch) {
  if (batch.header.frames == 0) return;
  if (!batches_.empty() && batches_.back().first_lsn >= batch.header.first_lsn) return;
  batches_.push_back(
      {batch.header.first_lsn, batch.segment, batch.offset, batch.header.stored_bytes()});
  if (batches_.size() > places_max_) batches_.pop_front();
}

Result<ByteSpan> AttachmentResolver::page_bytes(const Frame& frame, std::size_t attachment,
                                                const Page& page) {
  if (attachment >= frame.attachments.size() ||
      frame.attachments[attachment].attachment_class != AttachmentClass::kPage ||
      frame.attachments[attachment].length != page.length) {
    return corrupt("the page of the event is not beside it");
  }
  TRY(const AttachmentBytes stored, resolve(frame, attachment, nullptr));
  if (page_hash(stored.bytes) != page.hash) return corrupt("a page does not match its hash");
  return stored.bytes;
}

Status AttachmentResolver::decode_pages(const Frame& frame, Record& record) {
  if (record.input_page) {
    TRY(const ByteSpan bytes, page_bytes(frame, 0, *record.input_page));
    TRY_OK(decode_input_page(*record.input_page, bytes, record.inputs));
  }
  if (record.output_page) {
    const std::size_t behind = record.output_page->count + 1;
    if (frame.attachments.size() < behind) return corrupt("the outputs are not beside the event");
    TRY(const ByteSpan bytes,
        page_bytes(frame, frame.attachments.size() - behind, *record.output_page));
    TRY_OK(decode_output_page(*record.output_page, bytes, record.outputs));
  }
  return {};
}

Status AttachmentResolver::decode(const Frame& frame, Record& record) {
  TRY_OK(decode_record(frame.record, record));
  TRY_OK(decode_pages(frame, record));
  return match(frame, record);
}

Result<AttachmentBytes> AttachmentResolver::resolve(const Frame& frame, std::size_t attachment,
                                                    const PayloadCommitment* commitment) {
  const StoredAttachment& stored = frame.attachments[attachment];
  switch (stored.place) {
    case AttachmentPlace::kHere:
      return AttachmentBytes{stored.salt, stored.bytes, frame.lsn};
    case AttachmentPlace::kPay:
      return read_pay(frame, stored);
    case AttachmentPlace::kElsewhere:
      if (commitment == nullptr || stored.lsn >= frame.lsn) break;
      return read_elsewhere(stored.lsn, *commitment);
    case AttachmentPlace::kRemoved:
      return fail(Code::kNotFound, "the payload was removed");
  }
  return corrupt("an attachment refers to a frame that is not before it");
}

Result<AttachmentBytes> AttachmentResolver::read_pay(const Frame& frame,
                                                     const StoredAttachment& attachment) {
  if (!pay_ || pay_number_ != attachment.pay_file) {
    const std::string file = path(pay_name(attachment.pay_file));
    if (!files_.exists(file)) return fail(Code::kCorrupt, "{} is missing", file);
    TRY(pay_, SegmentWindow::open(files_, file));
    pay_number_ = attachment.pay_file;
  }
  const std::uint64_t bytes = attachment.pay_bytes();
  TRY(ByteSpan stored, pay_->view(attachment.pay_offset, bytes));
  if (stored.size() < bytes) {  // a writer may have gone on since it was read
    pay_->forget();
    TRY(stored, pay_->view(attachment.pay_offset, bytes));
  }
  if (stored.size() != bytes) {
    return fail(Code::kCorrupt, "{} ends before byte {}", path(pay_name(attachment.pay_file)),
                attachment.pay_offset + bytes);
  }
  AttachmentBytes result{{}, stored, frame.lsn};
  if (attachment.attachment_class == AttachmentClass::kPayload) {
    result.salt = Salt::from(stored.first(Salt::size()));
    result.bytes = stored.subspan(Salt::size());
  }
  return result;
}

Result<AttachmentResolver::BatchPlaceOnDisk> AttachmentResolver::find_batch(Lsn lsn) {
  auto after = std::ranges::upper_bound(batches_, lsn, {}, &BatchPlaceOnDisk::first_lsn);
  if (after == batches_.begin()) return search_batch(lsn);
  return *--after;
}

/// In the last segment that begins before `lsn`. For the few references to what is long past.
Result<AttachmentResolver::BatchPlaceOnDisk> AttachmentResolver::search_batch(Lsn lsn) {
  TRY(auto scanner, BatchScanner::open(files_, directory_));
  std::uint64_t low = 1, high = scanner.segments() + 1;
  while (low + 1 < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    TRY(const SegmentHeader header, scanner.read_header(middle));
    (header.first_lsn <= lsn ? low : high) = middle;
  }
  if (lsn == Lsn{0} || high == 1) return corrupt("an attachment refers to a frame that never was");
  TRY_OK(scanner.begin_at(low));
  for (;;) {
    TRY(const ScannedBatch* const batch, scanner.next());
    if (batch == nullptr || batch->header.first_lsn > lsn) {
      return corrupt("an attachment refers to a frame that never was");
    }
    if (lsn < batch->header.next_lsn()) {
      return BatchPlaceOnDisk{batch->header.first_lsn, batch->segment, batch->offset,
                              batch->header.stored_bytes()};
    }
  }
}

Status AttachmentResolver::find_frame(Lsn lsn, Frame& frame) {
  TRY(const BatchPlaceOnDisk batch, find_batch(lsn));
  if (!earlier_ || earlier_number_ != batch.segment) {
    TRY(earlier_, SegmentWindow::open(files_, path(segment_name(batch.segment))));
    earlier_number_ = batch.segment;
  }
  TRY(ByteSpan bytes, earlier_->view(batch.offset, batch.bytes));
  if (!has_batch_magic(bytes)) {  // a writer may have gone on since it was read
    earlier_->forget();
    TRY(bytes, earlier_->view(batch.offset, batch.bytes));
  }
  if (bytes.size() < kBatchHeaderBytes) return corrupt("an earlier batch is cut short");
  TRY(const BatchHeader header, decode_batch_header(bytes.first(kBatchHeaderBytes)));
  if (kBatchHeaderBytes + header.body_bytes > bytes.size()) {
    return corrupt("an earlier batch is cut short");
  }
  for (ByteSpan rest = bytes.subspan(kBatchHeaderBytes, header.body_bytes); !rest.empty();
       rest = rest.subspan(frame.bytes)) {
    TRY_OK(parse_frame(rest, frame));
    if (frame.lsn == lsn) return {};
  }
  return corrupt("an attachment refers to a frame that never was");
}

Result<AttachmentBytes> AttachmentResolver::read_elsewhere(Lsn lsn,
                                                           const PayloadCommitment& commitment) {
  TRY_OK(find_frame(lsn, earlier_frame_));
  TRY_OK(decode(earlier_frame_, earlier_record_));
  std::size_t next = 0, found = earlier_frame_.attachments.size();
  for_each_expected(earlier_record_.draft(), pages_of(earlier_record_), delta_of(earlier_frame_),
                    [&](const Expected& expected) {
                      const std::size_t here = next++;
                      const bool same = expected.commitment != nullptr &&
                                        expected.commitment->digest == commitment.digest &&
                                        expected.commitment->length == commitment.length;
                      if (same) found = here;
                      return !same;
                    });
  if (found == earlier_frame_.attachments.size() ||
      earlier_frame_.attachments[found].place == AttachmentPlace::kElsewhere) {
    return corrupt("an attachment refers to a frame that has not got it");
  }
  return resolve(earlier_frame_, found, nullptr);
}

}  // namespace theater::chain
