// The frames of RFC 6455: headers out, masks off and on.
#include "hosts/websocket/frame.h"

namespace theater::hosts::websocket {

bool is_sendable_close_code(std::uint16_t code) {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && code != 1004 && code != kCloseNoCode &&
         code != kCloseBroken;
}

void append_header(Bytes& out, Opcode opcode, std::size_t payload_size, std::uint8_t flags) {
  out.push_back(static_cast<std::uint8_t>(kFinal | flags | static_cast<std::uint8_t>(opcode)));
  if (payload_size <= kControlPayloadMax) {
    out.push_back(static_cast<std::uint8_t>(payload_size));
    return;
  }
  const bool is_short = payload_size <= 0xffff;
  out.push_back(is_short ? 126 : 127);
  for (int shift = is_short ? 8 : 56; shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(payload_size) >> shift));
  }
}

void unmask(std::span<std::uint8_t> payload, Mask& mask) {
  std::array<std::uint8_t, 8> key;
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = mask.key[(mask.offset + i) % 4];
  const std::uint64_t word = load_le<std::uint64_t>(key.data());
  std::size_t i = 0;
  for (; i + 8 <= payload.size(); i += 8) {
    store_le(payload.data() + i, load_le<std::uint64_t>(payload.data() + i) ^ word);
  }
  for (; i < payload.size(); ++i) payload[i] ^= key[i % 8];
  mask.offset = static_cast<std::uint8_t>((mask.offset + payload.size()) % 4);
}

void append_masked(Bytes& out, const ClientFrame& frame, const MaskKey& key) {
  const std::size_t start = out.size();
  append_header(out, frame.opcode, frame.payload.size(), frame.flags);
  out[start + 1] |= kMasked;
  append(out, key);
  append(out, frame.payload);
  Mask mask{key};
  unmask(std::span(out).last(frame.payload.size()), mask);
}

}  // namespace theater::hosts::websocket
