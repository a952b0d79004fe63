// LEB128 numbers, written in their shortest form.
#pragma once

#include <cstdint>

namespace theater::wasm {

inline constexpr int kLebBytesMax = 10;

/// Writes at most kLebBytesMax bytes and answers the end.
inline std::uint8_t* write_unsigned(std::uint8_t* out, std::uint64_t value) {
  while (value >= 0x80) {
    *out++ = static_cast<std::uint8_t>(value | 0x80);
    value >>= 7;
  }
  *out++ = static_cast<std::uint8_t>(value);
  return out;
}

inline std::uint8_t* write_signed(std::uint8_t* out, std::int64_t value) {
  while (value < -64 || value > 63) {
    *out++ = static_cast<std::uint8_t>(value | 0x80);
    value >>= 7;
  }
  *out++ = static_cast<std::uint8_t>(value & 0x7f);
  return out;
}

}  // namespace theater::wasm
