// UTF-8 validation: runs of ASCII by eight bytes, the rest scalar by scalar.
#include "wasm/utf8.h"

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

bool is_valid_utf8(ByteSpan text) {
  const std::uint8_t* cursor = text.data();
  const std::uint8_t* const end = cursor + text.size();
  while (cursor != end) {
    if (end - cursor >= 8 && (load_le<std::uint64_t>(cursor) & 0x8080808080808080) == 0) {
      cursor += 8;
      continue;
    }
    const DecodedScalar decoded = decode_scalar(cursor, end);
    if (decoded.length == 0) return false;
    cursor += decoded.length;
  }
  return true;
}

}  // namespace theater::wasm
