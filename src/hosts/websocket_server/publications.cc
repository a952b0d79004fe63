// Publications: their frames.
#include "hosts/websocket_server/publications.h"

#include <memory>
#include <utility>

namespace theater::hosts::websocket_server {

void append_message(Bytes& out, const Message& message, int window_bits) {
  const Opcode opcode = message.is_text() ? Opcode::kText : Opcode::kBinary;
  const ByteSpan bytes = message.bytes();
  if (window_bits == 0 || !is_worth_deflating(bytes.size())) {
    append_header(out, opcode, bytes.size());
    append(out, bytes);
    return;
  }
  const Bytes packed = deflate(bytes, window_bits);
  append_header(out, opcode, packed.size(), kCompressed);
  append(out, packed);
}

Publication::Publication(std::string_view topic, const Message& message)
    : topic_(topic), bytes_(to_bytes(message.bytes())), is_text_(message.is_text()) {}

Message Publication::message() const {
  if (is_text_) return {as_text(bytes_)};
  return {ByteSpan(bytes_)};
}

const SharedFrame& Publication::frame(int window_bits, const ByteCount& outgoing) {
  if (!is_worth_deflating(bytes_.size())) window_bits = 0;  // all kinds share one
  SharedFrame& frame = frames_[static_cast<std::size_t>(window_bits)];
  if (!frame) {
    Bytes bytes;
    bytes.reserve(bytes_.size() + kServerHeaderMax);
    append_message(bytes, message(), window_bits);
    bytes.shrink_to_fit();
    frame_bytes_ += bytes.size();
    frame = websocket::share_frame(std::move(bytes), outgoing);
  }
  return frame;
}

}  // namespace theater::hosts::websocket_server
