// UTF-8 validation: runs of ASCII by eight bytes, long texts by many bytes, the rest scalar by
// scalar.
#include "wasm/utf8.h"

#include <algorithm>
#include <cstddef>

namespace theater::wasm {

DecodedScalar decode_scalar(const std::uint8_t* cursor, const std::uint8_t* end) {
  if (cursor == end) return {};
  const std::uint8_t lead = *cursor;
  if (lead < 0x80) return {lead, 1};
  const auto room = end - cursor;
  const auto tail = [cursor](int index) {
    return static_cast<std::uint32_t>(cursor[index] & 0x3f);
  };
  const auto continues = [cursor](int index) { return (cursor[index] & 0xc0) == 0x80; };
  if (lead >= 0xc2 && lead < 0xe0) {
    if (room < 2 || !continues(1)) return {};
    return {(lead & 0x1fu) << 6 | tail(1), 2};
  }
  if (lead >= 0xe0 && lead < 0xf0) {
    if (room < 3 || !continues(1) || !continues(2)) return {};
    const char32_t scalar = (lead & 0x0fu) << 12 | tail(1) << 6 | tail(2);
    if (scalar < 0x800 || !is_scalar_value(scalar)) return {};
    return {scalar, 3};
  }
  if (lead >= 0xf0 && lead < 0xf5) {
    if (room < 4 || !continues(1) || !continues(2) || !continues(3)) return {};
    const char32_t scalar = (lead & 0x07u) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3);
    if (scalar < 0x10000 || !is_scalar_value(scalar)) return {};
    return {scalar, 4};
  }
  return {};
}

namespace {

constexpr std::ptrdiff_t kLongMin = 32;       // shorter texts are read scalar by scalar
constexpr std::ptrdiff_t kBlockBytes = 4096;  // looked at before the verdict on them

/// 1 if this byte cannot stand behind the three before it. Without branches: the compiler looks at
/// many bytes at once.
std::uint8_t is_misplaced(const std::uint8_t* at) {
  const std::uint8_t it = at[0], before = at[-1];
  const int continues = (it & 0xc0) == 0x80;
  const int is_wanted = (before >= 0xc0) | (at[-2] >= 0xe0) | (at[-3] >= 0xf0);
  const int is_no_lead = (it == 0xc0) | (it == 0xc1) | (it >= 0xf5);
  const int is_longer_than_needed =
      ((before == 0xe0) & (it < 0xa0)) | ((before == 0xf0) & (it < 0x90));
  const int is_no_scalar = ((before == 0xed) & (it >= 0xa0)) | ((before == 0xf4) & (it >= 0x90));
  return static_cast<std::uint8_t>((continues ^ is_wanted) | is_no_lead | is_longer_than_needed |
                                   is_no_scalar);
}

/// Of text behind at least three bytes that are valid by themselves.
bool is_valid_rest(const std::uint8_t* cursor, const std::uint8_t* const end) {
  while (cursor != end) {
    const std::ptrdiff_t size = std::min(end - cursor, kBlockBytes);
    std::uint8_t wrong = 0;
    for (std::ptrdiff_t i = 0; i < size; ++i) wrong |= is_misplaced(cursor + i);
    if (wrong != 0) return false;
    cursor += size;
  }
  return end[-1] < 0xc0 && end[-2] < 0xe0 && end[-3] < 0xf0;  // nothing is cut off
}

}  // namespace

bool is_valid_utf8(ByteSpan text) {
  const std::uint8_t* const begin = text.data();
  const std::uint8_t* cursor = begin;
  const std::uint8_t* const end = begin + text.size();
  while (true) {
    while (end - cursor >= 8 && (load_le<std::uint64_t>(cursor) & 0x8080808080808080) == 0) {
      cursor += 8;
    }
    if (cursor == end) return true;
    if (cursor - begin >= 3 && end - cursor >= kLongMin) return is_valid_rest(cursor, end);
    const DecodedScalar decoded = decode_scalar(cursor, end);
    if (decoded.length == 0) return false;
    cursor += decoded.length;
  }
}

}  // namespace theater::wasm
