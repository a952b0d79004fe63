// BinaryReader: strict reading of canonical binary values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace theater::wasm {

/// Reads primitives. The first refusal sticks: from then on every read answers zero or empty, and
/// finish() tells the reason and the offset, so that callers need not look after each read. Spans
/// and texts point into the input.
class BinaryReader {
 public:
  explicit BinaryReader(ByteSpan input)
      : begin_(input.data()), cursor_(begin_), end_(begin_ + input.size()) {}

  std::uint8_t byte() {
    if (cursor_ != end_) [[likely]]
      return *cursor_++;
    return refuse("truncated"), std::uint8_t{0};
  }
  /// 0x00 or 0x01: bool, option, result.
  bool truth() {
    if (cursor_ != end_ && *cursor_ <= 1) [[likely]]
      return *cursor_++ != 0;
    return refuse(cursor_ == end_ ? "truncated" : "neither 0 nor 1"), false;
  }
  /// Shortest LEB128 of at most `maximum`.
  std::uint64_t unsigned_number(std::uint64_t maximum) {
    if (cursor_ != end_ && *cursor_ < 0x80 && *cursor_ <= maximum) [[likely]]
      return *cursor_++;
    return long_unsigned_number(maximum);
  }
  /// Shortest signed LEB128 that fits in `bits` bits (16, 32 or 64).
  std::int64_t signed_number(unsigned bits);
  /// Refuses NaNs other than the canonical one.
  float f32();
  double f64();
  char32_t character();
  /// Refuses invalid UTF-8.
  std::string_view string();
  /// Length and raw bytes: the value of a list<u8>.
  ByteSpan bytes() { return raw(count()); }
  /// The count of a list; at most the bytes that remain, since no element is empty.
  std::uint64_t count() { return count(0); }
  /// The same when `later` more bytes follow in other inputs.
  std::uint64_t count(std::uint64_t later) {
    const std::uint64_t number = unsigned_number(UINT64_MAX);
    if (number <= remaining() + later) [[likely]]
      return number;
    return refuse("longer than the input"), std::uint64_t{0};
  }
  /// `length` raw bytes.
  ByteSpan raw(std::uint64_t length) {
    if (length > remaining()) [[unlikely]]
      return refuse("truncated"), ByteSpan{};
    const std::uint8_t* start = cursor_;
    cursor_ += length;
    return {start, static_cast<std::size_t>(length)};
  }

  bool ok() const { return reason_ == nullptr; }
  std::size_t remaining() const { return static_cast<std::size_t>(end_ - cursor_); }
  std::size_t offset() const { return static_cast<std::size_t>(cursor_ - begin_); }
  /// Makes the read fail here. `reason` is a literal; the first one wins.
  void refuse(const char* reason);
  /// The refusal, if any, or kInvalid when input is left over.
  Status finish() const;

 private:
  std::uint64_t long_unsigned_number(std::uint64_t maximum);

  const std::uint8_t* begin_;
  const std::uint8_t* cursor_;
  const std::uint8_t* end_;
  std::size_t refused_at_ = 0;
  const char* reason_ = nullptr;
};

}  // namespace theater::wasm
