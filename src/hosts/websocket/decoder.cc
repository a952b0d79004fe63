// Decoder: frame headers, payloads, messages.
#include "hosts/websocket/decoder.h"

#include <algorithm>
#include <utility>

namespace theater::hosts::websocket {

namespace {
constexpr std::size_t kGrownBytesMax = 512 * 1024;  // so far a message grows by and by
}  // namespace

Item Decoder::next(std::span<std::uint8_t>& input) {
  payload_ = {};
  if (phase_ == Phase::kEnd) {
    input = {};
    return Item::kFailed;
  }
  if (phase_ == Phase::kInflating) return go_on_inflating();
  if (phase_ == Phase::kHeader && message_opcode_ == Opcode::kContinuation) Bytes().swap(message_);
  while (true) {
    if (phase_ == Phase::kHeader) {
      if (!read_header(input)) {
        input = {};
        return phase_ == Phase::kEnd ? Item::kFailed : Item::kNone;
      }
    }
    const Item item = read_payload(input);
    if (item != Item::kNone) {
      if (item == Item::kFailed) input = {};
      return item;
    }
    if (input.empty()) return Item::kNone;
  }
}

/// Collects and checks a header; false if it is not complete or not legal.
bool Decoder::read_header(std::span<std::uint8_t>& input) {
  while (!input.empty()) {
    header_[header_size_++] = input.front();
    input = input.subspan(1);
    if (header_size_ == 1 && !check_first_byte(header_[0])) return false;
    if (header_size_ < 2) continue;
    const std::uint8_t kind = header_[1] & 0x7f;
    const std::size_t extension = kind == 126 ? 2 : kind == 127 ? 8 : 0;
    const bool is_masked = (header_[1] & kMasked) != 0;
    if (is_masked != (sender_ == Sender::kClient)) {
      fail(kCloseProtocol, is_masked ? "a frame with a mask" : "a frame without a mask");
      return false;
    }
    const std::size_t mask_size = is_masked ? mask_.key.size() : 0;
    if (header_size_ < 2 + extension + mask_size) continue;
    std::uint64_t length = kind;
    if (extension > 0) length = 0;
    for (std::size_t i = 0; i < extension; ++i) length = length << 8 | header_[2 + i];
    const bool is_shortest = extension == 0 || length > (extension == 2 ? 125u : 0xffffu);
    if (!is_shortest) {
      fail(kCloseProtocol, "a length that is not in its shortest form");
      return false;
    }
    if (!check_length(length)) return false;
    std::copy_n(header_.begin() + 2 + static_cast<std::ptrdiff_t>(extension), mask_size,
                mask_.key.begin());
    mask_.offset = 0;
    remaining_ = length;
    header_size_ = 0;
    control_size_ = 0;
    phase_ = Phase::kPayload;
    return true;
  }
  return false;
}

bool Decoder::check_first_byte(std::uint8_t first) {
  opcode_ = static_cast<Opcode>(first & 0x0f);
  is_final_ = (first & kFinal) != 0;
  const std::uint8_t reserved = first & kReservedBits;
  const bool is_data = opcode_ == Opcode::kText || opcode_ == Opcode::kBinary;
  const bool may_compress = inflater_ && is_data && reserved == kCompressed;
  const char* wrong = nullptr;
  if (reserved != 0 && !may_compress) {
    wrong = "a reserved bit";
  } else if (is_data) {
    if (message_opcode_ != Opcode::kContinuation) wrong = "a message inside a message";
    message_opcode_ = opcode_;
    is_compressed_ = may_compress;
    utf8_.reset();
  } else if (opcode_ == Opcode::kContinuation) {
    if (message_opcode_ == Opcode::kContinuation) wrong = "a continuation of nothing";
  } else if (opcode_ != Opcode::kClose && opcode_ != Opcode::kPing && opcode_ != Opcode::kPong) {
    wrong = "an unknown opcode";
  } else if (!is_final_) {
    wrong = "a fragmented control frame";
  }
  if (wrong) fail(kCloseProtocol, wrong);
  return wrong == nullptr;
}

bool Decoder::check_length(std::uint64_t length) {
  if (is_control()) {
    if (length <= kControlPayloadMax) return true;
    fail(kCloseProtocol, "a control frame over 125 bytes");
    return false;
  }
  if (length <= message_max_ - message_.size()) return true;
  fail(kCloseTooLarge, "a message over message_max");
  return false;
}

/// Takes what the input has of the payload; kNone if the frame or the message goes on.
Item Decoder::read_payload(std::span<std::uint8_t>& input) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, input.size()));
  std::span<std::uint8_t> piece = input.first(size);
  input = input.subspan(size);
  remaining_ -= size;
  if (sender_ == Sender::kClient) unmask(piece, mask_);
  const bool is_plain_text = !is_control() && message_opcode_ == Opcode::kText && !is_compressed_;
  if (is_plain_text && !utf8_.accept(piece)) return fail(kCloseBadText, "text that is not UTF-8");
  if (remaining_ == 0) return end_frame(piece);
  if (is_control()) {
    std::copy(piece.begin(), piece.end(), control_.begin() + control_size_);
    control_size_ = static_cast<std::uint8_t>(control_size_ + size);
  } else {
    collect(piece);
  }
  return Item::kNone;
}

void Decoder::collect(ByteSpan piece) {
  make_room(message_.size() + piece.size());
  append(message_, piece);
}

/// So that the message can grow to `size`. To grow copies, more with each step: a large message
/// gets all its memory at once, if its size is known, and four times what it has, if not. The
/// system provides that page by page as it is written.
void Decoder::make_room(std::size_t size) {
  if (size < kGrownBytesMax || size <= message_.capacity()) return;
  const bool is_known = is_final_ && !is_compressed_;
  message_.reserve(is_known ? size + static_cast<std::size_t>(remaining_)
                            : std::min(4 * size, message_max_));
}

Bytes Decoder::take_payload() {
  const bool is_collected = !message_.empty() && payload_.data() == message_.data();
  if (!is_collected || message_.capacity() > 4 * message_.size()) return to_bytes(payload_);
  payload_ = {};
  return std::exchange(message_, {});
}

Item Decoder::end_frame(std::span<std::uint8_t> last_piece) {
  phase_ = Phase::kHeader;
  if (is_control()) {
    std::copy(last_piece.begin(), last_piece.end(), control_.begin() + control_size_);
    control_size_ = static_cast<std::uint8_t>(control_size_ + last_piece.size());
    return end_control();
  }
  if (is_final_ && message_.empty()) return end_message(last_piece);
  collect(last_piece);
  return is_final_ ? end_message(message_) : Item::kNone;
}

Item Decoder::end_message(ByteSpan message) {
  return is_compressed_ ? begin_inflating(message) : deliver(message);
}

/// The compressed bytes lie in the input or in message_. They are kept only if one call is not
/// enough for them.
Item Decoder::begin_inflating(ByteSpan compressed) {
  Bytes fragments;
  fragments.swap(message_);
  const std::size_t size = compressed.size();
  ByteSpan rest = compressed;
  phase_ = Phase::kInflating;
  const Item item = inflate(rest);
  if (item != Item::kPause) return item;
  if (fragments.empty()) {
    compressed_ = to_bytes(rest);
    inflated_ = 0;
  } else {
    compressed_.swap(fragments);
    inflated_ = size - rest.size();
  }
  return item;
}

Item Decoder::go_on_inflating() {
  ByteSpan rest = ByteSpan(compressed_).subspan(inflated_);
  const Item item = inflate(rest);
  inflated_ = compressed_.size() - rest.size();
  if (item != Item::kPause) Bytes().swap(compressed_);
  return item;
}

/// Some of the message; with the last of it, the message.
Item Decoder::inflate(ByteSpan& compressed) {
  const std::size_t before = message_.size(), given = compressed.size();
  make_room(std::min(message_max_, before + 2 * kInflatedAtOnce));
  const auto part = inflater_->inflate(compressed, message_max_, message_);
  inflated_bytes_ += message_.size() - before + given - compressed.size();
  if (!part) {
    return part.error().code == Code::kTooLarge
               ? fail(kCloseTooLarge, "a message over message_max")
               : fail(kCloseProtocol, "a message that is not deflated");
  }
  const bool is_text = message_opcode_ == Opcode::kText;
  if (is_text && !utf8_.accept(ByteSpan(message_).subspan(before))) {
    return fail(kCloseBadText, "text that is not UTF-8");
  }
  if (*part == Inflater::Part::kMore) return Item::kPause;
  phase_ = Phase::kHeader;
  return deliver(message_);
}

Item Decoder::deliver(ByteSpan message) {
  const bool is_text = message_opcode_ == Opcode::kText;
  if (is_text && !utf8_.is_complete()) return fail(kCloseBadText, "text that is not UTF-8");
  message_opcode_ = Opcode::kContinuation;
  payload_ = message;
  return is_text ? Item::kText : Item::kBinary;
}

Item Decoder::end_control() {
  const ByteSpan body = ByteSpan(control_).first(control_size_);
  payload_ = body;
  if (opcode_ == Opcode::kPing) return Item::kPing;
  if (opcode_ == Opcode::kPong) return Item::kPong;
  close_code_ = kCloseNoCode;
  if (body.empty()) return Item::kClose;
  if (body.size() == 1) return fail(kCloseProtocol, "a close code of one byte");
  const auto code = static_cast<std::uint16_t>(body[0] << 8 | body[1]);
  if (!is_sendable_close_code(code)) return fail(kCloseProtocol, "a close code nobody may send");
  payload_ = body.subspan(2);
  Utf8Check reason;
  if (!reason.accept(payload_) || !reason.is_complete()) {
    return fail(kCloseBadText, "a close reason that is not UTF-8");
  }
  close_code_ = code;
  return Item::kClose;
}

Item Decoder::fail(std::uint16_t code, const char* why) {
  phase_ = Phase::kEnd;
  close_code_ = code;
  failure_ = why;
  payload_ = {};
  Bytes().swap(message_);
  return Item::kFailed;
}

}  // namespace theater::hosts::websocket
