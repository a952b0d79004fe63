// UTF-8: validation, and single scalar values to and from it.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace theater::wasm {

/// Whether a number is a Unicode scalar value: in range and no surrogate.
constexpr bool is_scalar_value(std::uint32_t number) {
  return number < 0xd800 || (number >= 0xe000 && number < 0x110000);
}

/// Whether `text` is valid UTF-8 (shortest form, scalar values only).
bool is_valid_utf8(ByteSpan text);

/// A scalar value read from the front of some bytes; `length` 0 means they are not valid UTF-8.
struct DecodedScalar {
  char32_t scalar = 0;
  std::uint8_t length = 0;
};
DecodedScalar decode_scalar(const std::uint8_t* cursor, const std::uint8_t* end);

/// Writes 1 to 4 bytes and answers how many. `scalar` must be a scalar value, `out` have room.
inline std::uint8_t encode_scalar(char32_t scalar, std::uint8_t* out) {
  const auto low = [scalar](unsigned shift) {
    return static_cast<std::uint8_t>(0x80 | ((scalar >> shift) & 0x3f));
  };
  if (scalar < 0x80) {
    out[0] = static_cast<std::uint8_t>(scalar);
    return 1;
  }
  if (scalar < 0x800) {
    out[0] = static_cast<std::uint8_t>(0xc0 | (scalar >> 6));
    out[1] = low(0);
    return 2;
  }
  if (scalar < 0x10000) {
    out[0] = static_cast<std::uint8_t>(0xe0 | (scalar >> 12));
    out[1] = low(6);
    out[2] = low(0);
    return 3;
  }
  out[0] = static_cast<std::uint8_t>(0xf0 | (scalar >> 18));
  out[1] = low(12);
  out[2] = low(6);
  out[3] = low(0);
  return 4;
}

}  // namespace theater::wasm
