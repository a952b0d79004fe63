// Reading deterministic CBOR.
#include "chain/cbor.h"

namespace theater::chain {

/// A value in the bytes that follow, as `low` says.
std::uint64_t CborReader::expect_long(unsigned low) {
  if (low > 27) return refuse(), 0;
  const std::size_t bytes = std::size_t{1} << (low - 24);
  if (left() < bytes) return refuse(), 0;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | at_[i];
  at_ += bytes;
  const std::uint64_t least = bytes == 1 ? 24 : std::uint64_t{1} << (4 * bytes);
  if (value < least) return refuse(), 0;
  return value;
}

namespace {

/// Length of the well-formed sequence at the front of `text`; 0 if there is none.
std::size_t utf8_sequence(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = at(0);
  if (first < 0x80) return 1;
  const std::size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  std::uint8_t low = 0x80, high = 0xbf;
  if (first == 0xe0) low = 0xa0;
  if (first == 0xed) high = 0x9f;
  if (first == 0xf0) low = 0x90;
  if (first == 0xf4) high = 0x8f;
  if (at(1) < low || at(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  return length;
}

/// Whether it begins with eight ASCII characters, as names do.
bool is_ascii_word(std::string_view text) {
  if (text.size() < sizeof(std::uint64_t)) return false;
  const auto word = load_le<std::uint64_t>(as_bytes(text).data());
  return (word & 0x8080808080808080) == 0;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (is_ascii_word(text)) text.remove_prefix(sizeof(std::uint64_t));
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace theater::chain
