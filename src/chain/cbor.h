// Deterministic CBOR (RFC 8949, 4.2.1), the part records use: integers, strings, arrays, maps.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/ids.h"

namespace theater::chain {

enum class CborType : std::uint8_t {
  kUnsigned = 0,
  kNegative = 1,
  kBytes = 2,
  kText = 3,
  kArray = 4,
  kMap = 5
};

/// Writes items one after another into a fixed buffer. What does not fit is counted, not written:
/// ask `overflowed` at the end.
class CborWriter {
 public:
  explicit CborWriter(std::span<std::uint8_t> out) : at_(out.data()), left_(out.size()) {}

  void head(CborType type, std::uint64_t value) {
    const auto major = static_cast<std::uint8_t>(static_cast<unsigned>(type) << 5);
    if (value < 24) return byte(static_cast<std::uint8_t>(major | value));
    if (value <= 0xff) return big_endian(major | 24, value, 1);
    if (value <= 0xffff) return big_endian(major | 25, value, 2);
    if (value <= 0xffffffff) return big_endian(major | 26, value, 4);
    big_endian(major | 27, value, 8);
  }
  void number(std::uint64_t value) { head(CborType::kUnsigned, value); }
  void integer(std::int64_t value) {
    if (value >= 0) return number(static_cast<std::uint64_t>(value));
    head(CborType::kNegative, static_cast<std::uint64_t>(-(value + 1)));
  }
  void bytes(ByteSpan value) {
    head(CborType::kBytes, value.size());
    raw(value);
  }
  void text(std::string_view value) {
    head(CborType::kText, value.size());
    raw(as_bytes(value));
  }
  void array(std::uint64_t items) { head(CborType::kArray, items); }
  void map(std::uint64_t pairs) { head(CborType::kMap, pairs); }

  bool overflowed() const { return overflowed_; }
  std::size_t written() const { return written_; }

 private:
  void byte(std::uint8_t value) { raw(ByteSpan(&value, 1)); }
  void big_endian(unsigned initial, std::uint64_t value, std::size_t bytes) {
    std::uint8_t item[9];
    store_be64(item + 1, value);
    item[8 - bytes] = static_cast<std::uint8_t>(initial);
    raw(ByteSpan(item + 8 - bytes, bytes + 1));
  }
  void raw(ByteSpan value) {
    if (value.size() > left_) {
      overflowed_ = true;
      left_ = 0;
      return;
    }
    if (!value.empty()) std::memcpy(at_, value.data(), value.size());
    at_ += value.size();
    left_ -= value.size();
    written_ += value.size();
  }

  std::uint8_t* at_;
  std::size_t left_;
  std::size_t written_ = 0;
  bool overflowed_ = false;
};

/// Reads items strictly: the shortest form only, no indefinite lengths, tags or floats, and no
/// length beyond the rest. The first offence makes `ok` false for good and every later answer zero
/// or empty, so that a caller checks once.
class CborReader {
 public:
  explicit CborReader(ByteSpan bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }
  std::size_t left() const { return rest_.size(); }
  void refuse() { ok_ = false, rest_ = {}; }

  /// The type of the next item; kMap if there is none (every caller refuses a map inside).
  CborType peek() const {
    return rest_.empty() ? CborType::kMap : static_cast<CborType>(rest_[0] >> 5);
  }
  std::uint64_t number() { return expect(CborType::kUnsigned); }
  std::uint64_t number_up_to(std::uint64_t max) {
    const std::uint64_t value = number();
    if (value > max) return refuse(), 0;
    return value;
  }
  std::int64_t integer() {
    const bool negative = peek() == CborType::kNegative;
    const std::uint64_t value = expect(negative ? CborType::kNegative : CborType::kUnsigned);
    if (value > INT64_MAX) return refuse(), 0;
    const auto small = static_cast<std::int64_t>(value);
    return negative ? -1 - small : small;
  }
  ByteSpan bytes() { return take(expect(CborType::kBytes)); }
  std::string_view text() { return as_text(take(expect(CborType::kText))); }
  std::uint64_t array() { return expect(CborType::kArray); }
  std::uint64_t map() { return expect(CborType::kMap); }
  void array_of(std::uint64_t items) {
    if (array() != items) refuse();
  }

  template <typename Tag, std::size_t kSize>
  void fixed(StrongBytes<Tag, kSize>& out) {
    const ByteSpan value = bytes();
    if (value.size() != kSize) return refuse();
    std::memcpy(out.bytes.data(), value.data(), kSize);
  }

 private:
  std::uint64_t expect(CborType type);
  ByteSpan take(std::uint64_t count);

  ByteSpan rest_;
  bool ok_ = true;
};

/// True for a well-formed UTF-8 string (no surrogates, no overlong forms).
bool is_utf8(std::string_view text);

}  // namespace theater::chain
