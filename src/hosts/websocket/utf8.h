// Utf8Check: decides while bytes arrive whether they can still become valid UTF-8.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace theater::hosts::websocket {

/// Incremental validation of one text. A value type.
class Utf8Check {
 public:
  /// False as soon as no continuation could make the text valid; then the object is spent.
  bool accept(ByteSpan bytes);
  /// Whether the text may end here: no character is cut.
  bool is_complete() const { return expected_ == 0; }
  void reset() { *this = Utf8Check(); }

 private:
  bool accept_byte(std::uint8_t byte);

  std::uint8_t expected_ = 0;  // continuation bytes still due
  std::uint8_t least_ = 0x80;  // bounds of the next continuation byte
  std::uint8_t most_ = 0xbf;
};

}  // namespace theater::hosts::websocket
