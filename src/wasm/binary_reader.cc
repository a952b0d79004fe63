// Strict reading: every value has exactly one form that is accepted.
#include "wasm/binary_reader.h"

#include <bit>

#include "wasm/binary_writer.h"
#include "wasm/leb128.h"
#include "wasm/utf8.h"

namespace theater::wasm {

namespace {
constexpr const char* kTruncated = "truncated";
}  // namespace

void BinaryReader::refuse(const char* reason) {
  if (reason_ != nullptr) return;
  reason_ = reason;
  refused_at_ = offset();
  cursor_ = end_;  // every later read is "truncated" and answers zero
}

Status BinaryReader::finish() const {
  if (reason_ != nullptr) return fail(Code::kInvalid, "{} at offset {}", reason_, refused_at_);
  if (cursor_ != end_) {
    return fail(Code::kInvalid, "{} bytes left over at offset {}", remaining(), offset());
  }
  return {};
}

std::uint64_t BinaryReader::long_unsigned_number(std::uint64_t maximum) {
  std::uint64_t value = 0;
  const std::uint8_t* next = cursor_;
  for (unsigned shift = 0;; shift += 7) {
    if (next == end_) return refuse(kTruncated), 0;
    const std::uint8_t part = *next++;
    if (shift == 63 && part > 1) return refuse("number out of range"), 0;
    value |= std::uint64_t{part & 0x7fu} << shift;
    if ((part & 0x80) != 0) continue;
    if (part == 0 && shift > 0) return refuse("number not in its shortest form"), 0;
    break;
  }
  if (value > maximum) return refuse("number out of range"), 0;
  cursor_ = next;
  return value;
}

std::int64_t BinaryReader::signed_number(unsigned bits) {
  std::uint64_t value = 0;
  const std::uint8_t* next = cursor_;
  std::uint8_t previous = 0;
  for (unsigned shift = 0;; shift += 7) {
    if (next == end_) return refuse(kTruncated), 0;
    const std::uint8_t part = *next++;
    if (shift == 63 && part != 0 && part != 0x7f) return refuse("number out of range"), 0;
    value |= std::uint64_t{part & 0x7fu} << shift;
    if ((part & 0x80) != 0) {
      previous = part;
      continue;
    }
    const bool extends_zero = part == 0x00 && (previous & 0x40) == 0;
    const bool extends_ones = part == 0x7f && (previous & 0x40) != 0;
    if (shift > 0 && (extends_zero || extends_ones)) {
      return refuse("number not in its shortest form"), 0;
    }
    if ((part & 0x40) != 0 && shift < 57) value |= ~std::uint64_t{0} << (shift + 7);
    break;
  }
  const auto number = static_cast<std::int64_t>(value);
  const std::int64_t limit = bits == 64 ? INT64_MAX : (std::int64_t{1} << (bits - 1)) - 1;
  if (number > limit || number < -limit - 1) return refuse("number out of range"), 0;
  cursor_ = next;
  return number;
}

float BinaryReader::f32() {
  const ByteSpan four = raw(4);
  if (four.empty()) return 0;
  const auto number = std::bit_cast<float>(load_le<std::uint32_t>(four.data()));
  if (canonical_bits(number) == std::bit_cast<std::uint32_t>(number)) return number;
  cursor_ -= 4;
  return refuse("NaN is not the canonical one"), 0;
}

double BinaryReader::f64() {
  const ByteSpan eight = raw(8);
  if (eight.empty()) return 0;
  const auto number = std::bit_cast<double>(load_le<std::uint64_t>(eight.data()));
  if (canonical_bits(number) == std::bit_cast<std::uint64_t>(number)) return number;
  cursor_ -= 8;
  return refuse("NaN is not the canonical one"), 0;
}

char32_t BinaryReader::character() {
  const DecodedScalar decoded = decode_scalar(cursor_, end_);
  if (decoded.length == 0) return refuse("character is not valid UTF-8"), U'\0';
  cursor_ += decoded.length;
  return decoded.scalar;
}

std::string_view BinaryReader::string() {
  const ByteSpan text = bytes();
  if (is_valid_utf8(text)) return as_text(text);
  cursor_ -= text.size();
  return refuse("string is not valid UTF-8"), std::string_view{};
}

}  // namespace theater::wasm
