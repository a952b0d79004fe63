// Reading deterministic CBOR.
#include "chain/cbor.h"

namespace theater::chain {

std::uint64_t CborReader::expect(CborType type) {
  if (rest_.empty() || static_cast<CborType>(rest_[0] >> 5) != type) return refuse(), 0;
  const unsigned low = rest_[0] & 31;
  rest_ = rest_.subspan(1);
  if (low < 24) return low;
  if (low > 27) return refuse(), 0;
  const std::size_t bytes = std::size_t{1} << (low - 24);
  if (rest_.size() < bytes) return refuse(), 0;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | rest_[i];
  rest_ = rest_.subspan(bytes);
  const std::uint64_t least = bytes == 1 ? 24 : std::uint64_t{1} << (4 * bytes);
  if (value < least) return refuse(), 0;
  return value;
}

ByteSpan CborReader::take(std::uint64_t count) {
  if (count > rest_.size()) return refuse(), ByteSpan{};
  const ByteSpan taken = rest_.first(count);
  rest_ = rest_.subspan(count);
  return taken;
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

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace theater::chain
