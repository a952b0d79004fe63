// Frames and the attachments in them.
#include <algorithm>

#include "chain/crc32c.h"
#include "chain/log_format.h"

namespace theater::chain {
namespace {

constexpr std::size_t kCrcAt = 4;

/// CRC32C over the length and everything behind the CRC field.
std::uint32_t frame_crc(ByteSpan frame) {
  return crc32c_extend(crc32c(frame.first(kCrcAt)), frame.subspan(kCrcAt + 4));
}

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(Code::kCorrupt, "the frame {}", what);
}

/// Takes bytes off the front; short of bytes it answers an empty span and `ok` is false for good.
class Cursor {
 public:
  explicit Cursor(ByteSpan rest) : rest_(rest) {}
  ByteSpan take(std::uint64_t count) {
    if (count > rest_.size()) {
      ok_ = false;
      return {};
    }
    const ByteSpan taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }
  template <typename T>
  T number() {
    const ByteSpan raw = take(sizeof(T));
    return ok_ ? load_le<T>(raw.data()) : T{0};
  }
  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

 private:
  ByteSpan rest_;
  bool ok_ = true;
};

/// False if no writer makes such an attachment.
bool read_place(Cursor& in, StoredAttachment& out) {
  const bool is_payload = out.attachment_class == AttachmentClass::kPayload;
  switch (out.place) {
    case AttachmentPlace::kHere:
      if (is_payload) {
        const ByteSpan salt = in.take(Salt::size());
        if (in.ok()) out.salt = Salt::from(salt);
      }
      out.bytes = in.take(out.length);
      return in.ok();
    case AttachmentPlace::kPay:
      out.pay_file = in.number<std::uint32_t>();
      out.pay_offset = in.number<std::uint64_t>();
      return in.ok() && out.pay_offset <= kPayOffsetMax;
    case AttachmentPlace::kElsewhere:
      out.lsn = {in.number<std::uint64_t>()};
      return in.ok() && is_payload;
    default:
      return false;
  }
}

bool read_attachment(Cursor& in, StoredAttachment& out) {
  out = {};
  const auto kind = in.number<std::uint8_t>();
  const auto place = in.number<std::uint8_t>();
  const auto zero = in.number<std::uint16_t>();
  out.length = in.number<std::uint32_t>();
  if (!in.ok() || zero != 0 || kind < 1 || kind > 3 || place > 3) return false;
  out.attachment_class = static_cast<AttachmentClass>(kind);
  out.place = static_cast<AttachmentPlace>(place);
  return read_place(in, out);
}

}  // namespace

void encode(const FrameHeader& header, std::span<std::uint8_t, kFrameHeaderBytes> out) {
  std::ranges::fill(out, 0);
  store_le<std::uint32_t>(out.data(), header.bytes);
  store_le<std::uint64_t>(out.data() + 8, header.lsn.value);
  out[16] = kFrameRecord;
  store_le<std::uint16_t>(out.data() + 18, header.record_bytes);
  store_le<std::uint16_t>(out.data() + 20, header.attachments);
}

void seal_frame(std::span<std::uint8_t> frame) {
  store_le<std::uint32_t>(frame.data() + kCrcAt, frame_crc(frame));
}

std::uint64_t Frame::stored_bytes() const {
  std::uint64_t sum = bytes;
  for (const StoredAttachment& attachment : attachments) {
    if (attachment.place == AttachmentPlace::kPay) sum += attachment.pay_bytes();
  }
  return sum;
}

Status parse_frame(ByteSpan bytes, Frame& frame) {
  if (bytes.size() < kFrameHeaderBytes) return corrupt("is cut short");
  frame.bytes = load_le<std::uint32_t>(bytes.data());
  if (frame.bytes < kFrameHeaderBytes || frame.bytes > bytes.size()) {
    return corrupt("has a length that does not fit its batch");
  }
  bytes = bytes.first(frame.bytes);
  if (load_le<std::uint32_t>(bytes.data() + kCrcAt) != frame_crc(bytes)) {
    return corrupt("fails its CRC");
  }
  frame.lsn = {load_le<std::uint64_t>(bytes.data() + 8)};
  const auto record_bytes = load_le<std::uint16_t>(bytes.data() + 18);
  const auto attachments = load_le<std::uint16_t>(bytes.data() + 20);
  if (bytes[16] != kFrameRecord || bytes[17] != 0 || bytes[22] != 0 || bytes[23] != 0) {
    return corrupt("has an unknown class");
  }
  Cursor in(bytes.subspan(kFrameHeaderBytes));
  frame.record = in.take(record_bytes);
  if (!in.ok() || frame.record.empty()) return corrupt("has a record that does not fit");
  frame.zero_and_record = {frame.record.data() - 1, frame.record.size() + 1};
  frame.attachments.clear();
  for (std::size_t i = 0; i < attachments; ++i) {
    if (!read_attachment(in, frame.attachments.emplace_back())) {
      return corrupt("has an attachment that no writer makes");
    }
  }
  if (!in.at_end()) return corrupt("has bytes behind its attachments");
  return {};
}

}  // namespace theater::chain
