// Bytes: owned and borrowed byte strings, little- and big-endian words, hexadecimal text.
#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace theater {

using Bytes = std::vector<std::uint8_t>;
using ByteSpan = std::span<const std::uint8_t>;  // borrowed; never kept across a suspension

inline ByteSpan as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteSpan bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes to_bytes(ByteSpan bytes) { return {bytes.begin(), bytes.end()}; }
inline bool equal(ByteSpan a, ByteSpan b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}
inline void append(Bytes& out, ByteSpan more) { out.insert(out.end(), more.begin(), more.end()); }

/// Reads a little-endian word. `bytes` must have room for it; the caller has checked.
template <std::unsigned_integral T>
T load_le(const std::uint8_t* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}
template <std::unsigned_integral T>
void store_le(std::uint8_t* bytes, T value) {
  std::memcpy(bytes, &value, sizeof value);
}
template <std::unsigned_integral T>
void append_le(Bytes& out, T value) {
  const auto* raw = reinterpret_cast<const std::uint8_t*>(&value);
  out.insert(out.end(), raw, raw + sizeof value);
}
inline std::uint64_t byte_swap(std::uint64_t value) { return __builtin_bswap64(value); }
inline void store_be64(std::uint8_t* bytes, std::uint64_t value) {
  store_le<std::uint64_t>(bytes, byte_swap(value));
}

/// Lower-case hexadecimal, two digits a byte.
std::string to_hex(ByteSpan bytes);
/// The reverse; refuses odd lengths and other digits (upper case is accepted).
Result<Bytes> from_hex(std::string_view text);

}  // namespace theater
