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

/// Writes items where somebody else has made sure of the room. Held by value, so that its place
/// stays in a register.
class CborRun {
 public:
  static constexpr std::size_t kHeadBytesMax = 9;

  explicit CborRun(std::uint8_t* at) : at_(at) {}

  [[gnu::always_inline]] void head(CborType type, std::uint64_t value) {
    const auto major = static_cast<std::uint8_t>(static_cast<unsigned>(type) << 5);
    if (value < 24) {
      *at_++ = static_cast<std::uint8_t>(major | value);
      return;
    }
    const unsigned power = value <= 0xff ? 0 : value <= 0xffff ? 1 : value <= 0xffffffff ? 2 : 3;
    *at_ = static_cast<std::uint8_t>(major | (24 + power));
    store_be64(at_ + 1, value << (64 - (8 << power)));  // what is too much is written over
    at_ += 1 + (std::size_t{1} << power);
  }
  [[gnu::always_inline]] void number(std::uint64_t value) { head(CborType::kUnsigned, value); }
  [[gnu::always_inline]] void array(std::uint64_t items) { head(CborType::kArray, items); }
  [[gnu::always_inline]] void map(std::uint64_t pairs) { head(CborType::kMap, pairs); }
  template <typename Tag, std::size_t kSize>
  [[gnu::always_inline]] void bytes(const StrongBytes<Tag, kSize>& value) {
    head(CborType::kBytes, kSize);
    std::memcpy(at_, value.bytes.data(), kSize);
    at_ += kSize;
  }
  std::uint8_t* at() const { return at_; }

 private:
  std::uint8_t* at_;
};

/// Writes items one after another into a fixed buffer. What does not fit is counted, not written:
/// ask `overflowed` at the end.
class CborWriter {
 public:
  explicit CborWriter(std::span<std::uint8_t> out)
      : begin_(out.data()), at_(begin_), end_(begin_ + out.size()) {}

  void head(CborType type, std::uint64_t value) {
    if (left() >= CborRun::kHeadBytesMax) {
      CborRun run(at_);
      run.head(type, value);
      at_ = run.at();
      return;
    }
    std::uint8_t item[CborRun::kHeadBytesMax];
    CborRun run(item);
    run.head(type, value);
    raw(ByteSpan(item, run.at()));
  }
  /// Items that are at most `kBytesMax` bytes long together: one look at the room for all of them.
  template <std::size_t kBytesMax, typename Write>
  [[gnu::always_inline]] void together(const Write& write) {
    if (kBytesMax > left()) {
      std::uint8_t items[kBytesMax];
      CborRun run(items);
      write(run);
      return raw(ByteSpan(items, run.at()));
    }
    CborRun run(at_);
    write(run);
    at_ = run.at();
  }
  void number(std::uint64_t value) { head(CborType::kUnsigned, value); }
  void integer(std::int64_t value) {
    if (value >= 0) return number(static_cast<std::uint64_t>(value));
    head(CborType::kNegative, static_cast<std::uint64_t>(-(value + 1)));
  }
  [[gnu::always_inline]] void bytes(ByteSpan value) {
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
  std::size_t written() const { return static_cast<std::size_t>(at_ - begin_); }

 private:
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  void overflow() {
    overflowed_ = true;
    end_ = at_;
  }
  /// Inlined, so that an array's size is known to the copy.
  [[gnu::always_inline]] void raw(ByteSpan value) {
    if (value.size() > left()) return overflow();
    if (!value.empty()) std::memcpy(at_, value.data(), value.size());
    at_ += value.size();
  }

  std::uint8_t* begin_;
  std::uint8_t* at_;  // all that moves: a second member would have to be kept in step, in memory
  std::uint8_t* end_;
  bool overflowed_ = false;
};

/// Reads items strictly: the shortest form only, no indefinite lengths, tags or floats, and no
/// length beyond the rest. The first offence makes `ok` false for good and every later answer zero
/// or empty, so that a caller checks once.
class CborReader {
 public:
  explicit CborReader(ByteSpan bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

  bool ok() const { return ok_; }
  bool at_end() const { return at_ == end_; }
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  void refuse() { ok_ = false, at_ = end_; }

  /// The type of the next item; kMap if there is none (every caller refuses a map inside).
  CborType peek() const { return at_end() ? CborType::kMap : static_cast<CborType>(*at_ >> 5); }
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
  std::uint64_t expect(CborType type) {
    if (at_end() || static_cast<CborType>(*at_ >> 5) != type) return refuse(), 0;
    const unsigned low = *at_++ & 31;
    return low < 24 ? low : expect_long(low);
  }
  std::uint64_t expect_long(unsigned low);
  ByteSpan take(std::uint64_t count) {
    if (count > left()) return refuse(), ByteSpan{};
    const ByteSpan taken(at_, count);
    at_ += count;
    return taken;
  }

  const std::uint8_t* at_;
  const std::uint8_t* end_;
  bool ok_ = true;
};

/// True for a well-formed UTF-8 string (no surrogates, no overlong forms).
bool is_utf8(std::string_view text);

}  // namespace theater::chain
