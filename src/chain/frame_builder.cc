// Building frames: where each attachment goes, and the bytes.
#include "chain/frame_builder.h"

#include <algorithm>
#include <cstring>

#include "chain/commitments.h"
#include "chain/frame_limits.h"
#include "chain/hash.h"
#include "chain/kind_rules.h"
#include "chain/log_format.h"

namespace theater::chain {
namespace {

HasDelta delta_among(std::span<const Attachment> attachments) {
  const bool any = std::ranges::any_of(attachments, [](const Attachment& attachment) {
    return attachment.attachment_class == AttachmentClass::kDelta;
  });
  return any ? HasDelta::kYes : HasDelta::kNo;
}

Status check_attachments(const RecordDraft& draft, std::span<const Attachment> attachments) {
  const HasDelta delta = delta_among(attachments);
  if (delta == HasDelta::kYes && draft.kind != Kind::kCommit) {
    return fail(Code::kInvalid, "only a commit has a delta, not {}", kind_name(draft.kind));
  }
  std::size_t next = 0;
  const bool fits = for_each_expected(draft, {}, delta, [&](const Expected& expected) {
    if (next == attachments.size()) return false;
    const Attachment& given = attachments[next++];
    return given.attachment_class == expected.attachment_class() &&
           given.length == expected.length().value_or(given.length);
  });
  if (fits && next == attachments.size()) return {};
  return fail(Code::kInvalid, "{}: attachment {} of {} does not follow the record's commitments",
              kind_name(draft.kind), next, attachments.size());
}

ShardQueue::Room room_for(Kind kind) {
  return is_call(kind) ? ShardQueue::Room::kHalf : ShardQueue::Room::kAll;
}

/// Decides for each attachment whether it fits into the frame, and sums up. `frame_max` tells how
/// large the log's batches are.
class Placement {
 public:
  explicit Placement(std::size_t frame_max)
      : payload_max_(std::clamp(frame_max / kInlinePayloadsInBatch, kInlinePayloadBytesMax,
                                kInlinePayloadBytesMost)),
        frame_max_(std::clamp(frame_max / kInlineFramesInBatch, kInlineFrameBytesMax,
                              kInlineFrameBytesMost)) {}
  /// In a queue that is short of room, which so takes thousands more.
  static Placement tight(std::size_t frame_max) {
    Placement placement(frame_max);
    placement.payload_max_ = kTightPayloadBytesMax;
    return placement;
  }
  AttachmentPlace place(const Attachment& attachment) {
    if (attachment.stored) return AttachmentPlace::kElsewhere;
    const std::size_t bytes = attachment.bytes.size();
    if (bytes > inline_max(attachment) || here_ + bytes > frame_max_) {
      return AttachmentPlace::kPay;
    }
    here_ += bytes;
    return AttachmentPlace::kHere;
  }

 private:
  std::size_t inline_max(const Attachment& attachment) const {
    return attachment.attachment_class == AttachmentClass::kDelta ? kInlineDeltaBytesMax
                                                                  : payload_max_;
  }

  std::size_t payload_max_, frame_max_;
  std::size_t here_ = 0;
};

/// No attachment takes more than its header, a salt and what stays in the frame.
std::size_t attachment_room(std::span<const Attachment> attachments, Placement placement) {
  std::size_t room = 0;
  for (const Attachment& attachment : attachments) {
    room += kAttachmentHeaderBytes + Salt::size();
    if (placement.place(attachment) == AttachmentPlace::kHere) room += attachment.bytes.size();
  }
  return room;
}

class FrameWriter {
 public:
  FrameWriter(BuiltFrame& built, std::size_t at, const Placement& placement)
      : built_(built), at_(at), placement_(placement) {}

  void write(const Attachment& attachment) {
    const AttachmentPlace place = placement_.place(attachment);
    number<std::uint8_t>(static_cast<std::uint8_t>(attachment.attachment_class));
    number<std::uint8_t>(static_cast<std::uint8_t>(place));
    number<std::uint16_t>(0);
    number<std::uint32_t>(static_cast<std::uint32_t>(attachment.length));
    switch (place) {
      case AttachmentPlace::kHere:
        return write_here(attachment);
      case AttachmentPlace::kPay:
        return write_pay(attachment);
      default:
        return number<std::uint64_t>(attachment.stored->value);
    }
  }
  std::size_t written() const { return at_; }

 private:
  template <typename T>
  void number(T value) {
    store_le<T>(built_.entry->frame() + at_, value);
    at_ += sizeof value;
  }
  void raw(ByteSpan bytes) {
    if (!bytes.empty()) std::memcpy(built_.entry->frame() + at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  void write_here(const Attachment& attachment) {
    if (attachment.attachment_class == AttachmentClass::kPayload) raw(attachment.salt.span());
    raw(attachment.bytes);
  }
  void write_pay(const Attachment& attachment) {
    if (!built_.pay) built_.pay = std::make_unique<PayPieces>();
    PayPiece& piece = built_.pay->emplace_back();
    piece.place_at = static_cast<std::uint32_t>(at_);
    piece.bytes.reserve(Salt::size() + attachment.bytes.size());
    if (attachment.attachment_class == AttachmentClass::kPayload) {
      append(piece.bytes, attachment.salt.span());
    }
    append(piece.bytes, attachment.bytes);
    built_.pay_bytes += piece.bytes.size();
    number<std::uint32_t>(0);
    number<std::uint64_t>(0);
  }

  BuiltFrame& built_;
  std::size_t at_;
  Placement placement_;
};

/// The attachments with the pages among them, in order.
class Ordered {
 public:
  Ordered(const RecordDraft& draft, const Pages& pages, std::span<const Attachment> attachments) {
    if (!pages.inputs && !pages.outputs) {
      all_ = attachments;
      return;
    }
    const auto page = [](ByteSpan bytes) {
      return Attachment{AttachmentClass::kPage, {}, bytes, std::nullopt, bytes.size()};
    };
    const std::size_t outputs_at = attachments.size() - draft.outputs.size();
    if (pages.inputs) with_pages_.push_back(page(pages.input_bytes));
    const auto before = attachments.first(outputs_at), after = attachments.subspan(outputs_at);
    with_pages_.insert(with_pages_.end(), before.begin(), before.end());
    if (pages.outputs) with_pages_.push_back(page(pages.output_bytes));
    with_pages_.insert(with_pages_.end(), after.begin(), after.end());
    all_ = with_pages_;
  }
  Ordered(const Ordered&) = delete;
  std::span<const Attachment> all() const { return all_; }

 private:
  std::vector<Attachment> with_pages_;
  std::span<const Attachment> all_;
};

}  // namespace

Result<BuiltFrame> build_frame(ShardQueue& queue, const Link& link, const RecordDraft& draft,
                               std::span<const Attachment> attachments, std::size_t frame_max) {
  TRY_OK(check_attachments(draft, attachments));
  for (const Attachment& attachment : attachments) {
    if (attachment.length > kPayloadBytesMax) {
      return fail(Code::kTooLarge, "an attachment of {} bytes, at most {} are allowed",
                  attachment.length, kPayloadBytesMax);
    }
  }
  Pages pages;
  if (needs_pages(draft)) {
    TRY(pages, make_pages(draft));
  }
  const Ordered ordered(draft, pages, attachments);
  const Placement placement =
      queue.is_half_full() ? Placement::tight(frame_max) : Placement(frame_max);
  const std::size_t room =
      kFrameHeaderBytes + kRecordBytesMax + attachment_room(ordered.all(), placement);
  BuiltFrame built{queue.reserve(room, room_for(draft.kind))};
  if (built.entry == nullptr) return fail(Code::kFull, "the shard's log queue is full");
  std::uint8_t* const frame = built.entry->frame();
  const std::span<std::uint8_t> record_room(frame + kFrameHeaderBytes, kRecordBytesMax);
  TRY(const std::size_t record_bytes, encode_record(link, draft, pages, record_room));
  FrameWriter writer(built, kFrameHeaderBytes + record_bytes, placement);
  for (const Attachment& attachment : ordered.all()) writer.write(attachment);
  if (writer.written() > frame_max) {
    return fail(Code::kTooLarge, "a frame of {} bytes, at most {} are allowed", writer.written(),
                frame_max);
  }
  const FrameHeader header{static_cast<std::uint32_t>(writer.written()),
                           {},
                           static_cast<std::uint16_t>(record_bytes),
                           static_cast<std::uint16_t>(ordered.all().size())};
  encode(header, std::span<std::uint8_t, kFrameHeaderBytes>(frame, kFrameHeaderBytes));
  built.entry->frame_bytes = writer.written();
  built.entry->leaf = leaf_hash_prefixed(ByteSpan(frame + kFrameHeaderBytes - 1, record_bytes + 1));
  return built;
}

}  // namespace theater::chain
