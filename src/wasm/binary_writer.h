// BinaryWriter: appends canonical binary values to a byte string.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace theater::wasm {

inline constexpr std::uint32_t kCanonicalNan32 = 0x7fc00000;
inline constexpr std::uint64_t kCanonicalNan64 = 0x7ff8000000000000;

/// The bits of a float with every NaN made the canonical one.
constexpr std::uint32_t canonical_bits(float number) {
  return number != number ? kCanonicalNan32 : std::bit_cast<std::uint32_t>(number);
}
constexpr std::uint64_t canonical_bits(double number) {
  return number != number ? kCanonicalNan64 : std::bit_cast<std::uint64_t>(number);
}

/// Writes primitives; compound values are their parts in order. Borrows the byte string.
class BinaryWriter {
 public:
  explicit BinaryWriter(Bytes& out) : out_(out) {}

  void byte(std::uint8_t value) { out_.push_back(value); }
  /// Shortest unsigned LEB128: u16, u32, u64, lengths, counts, case indices, resource ids.
  void unsigned_number(std::uint64_t value);
  /// Shortest signed LEB128: s16, s32, s64.
  void signed_number(std::int64_t value);
  /// Little-endian, NaN made canonical.
  void f32(float value) { append_le(out_, canonical_bits(value)); }
  void f64(double value) { append_le(out_, canonical_bits(value)); }
  /// UTF-8. `scalar` must be a Unicode scalar value; the caller has checked.
  void character(char32_t scalar);
  /// Length and text. `text` must be valid UTF-8; the caller has checked.
  void string(std::string_view text) { bytes(as_bytes(text)); }
  /// Count and raw bytes: the value of a list<u8>.
  void bytes(ByteSpan raw) {
    unsigned_number(raw.size());
    append(out_, raw);
  }

 private:
  Bytes& out_;
};

}  // namespace theater::wasm
