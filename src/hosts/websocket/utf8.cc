// Utf8Check: Unicode table 3-7, with a quick way over ASCII.
#include "hosts/websocket/utf8.h"

namespace theater::hosts::websocket {

bool Utf8Check::accept(ByteSpan bytes) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::size_t i = 0;
  while (i < bytes.size()) {
    if (expected_ == 0) {
      while (i + 8 <= bytes.size() && (load_le<std::uint64_t>(bytes.data() + i) & kHighBits) == 0) {
        i += 8;
      }
      if (i == bytes.size()) break;
    }
    if (!accept_byte(bytes[i++])) return false;
  }
  return true;
}

bool Utf8Check::accept_byte(std::uint8_t byte) {
  if (expected_ > 0) {
    if (byte < least_ || byte > most_) return false;
    --expected_;
    least_ = 0x80;
    most_ = 0xbf;
    return true;
  }
  if (byte < 0x80) return true;
  if (byte < 0xc2 || byte > 0xf4) return false;
  expected_ = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
  if (byte == 0xe0) least_ = 0xa0;  // shorter forms
  if (byte == 0xed) most_ = 0x9f;   // surrogates
  if (byte == 0xf0) least_ = 0x90;  // shorter forms
  if (byte == 0xf4) most_ = 0x8f;   // beyond U+10FFFF
  return true;
}

}  // namespace theater::hosts::websocket
