// C++ values as bytes: the form that states are stored in. Integers are LEB128 (signed ones
// SLEB128), floats little-endian, strings and lists a count and their elements, structs their
// members in order. One value has one encoding; decoding refuses what encoding cannot have written.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "theater/fields.h"
#include "theater/wit.h"

namespace theater {

using BytesView = wit::Bytes;
using Bytes = std::vector<std::uint8_t>;

/// Appends to a buffer that keeps its memory from one use to the next.
class Writer {
 public:
  void clear() { size_ = 0; }
  BytesView bytes() const { return {buffer_.data(), size_}; }

  void byte(std::uint8_t value) { *room(1) = value, size_ += 1; }
  void unsigned_integer(std::uint64_t value);
  void signed_integer(std::int64_t value);
  void raw(const void* data, std::size_t bytes) {
    if (bytes == 0) return;
    std::memcpy(room(bytes), data, bytes);
    size_ += bytes;
  }

 private:
  std::uint8_t* room(std::size_t bytes) {
    if (buffer_.size() - size_ < bytes) buffer_.resize((size_ + bytes) * 2);
    return buffer_.data() + size_;
  }

  Bytes buffer_;
  std::size_t size_ = 0;
};

/// Reads what a Writer wrote. After a failure it stays failed and answers zeros.
class Reader {
 public:
  explicit Reader(BytesView bytes) : rest_(bytes) {}

  bool failed() const { return failed_; }
  /// Everything was read, and well.
  bool done() const { return !failed_ && rest_.empty(); }
  void fail() { failed_ = true; }

  std::uint8_t byte();
  std::uint64_t unsigned_integer();
  std::int64_t signed_integer();
  BytesView raw(std::uint64_t bytes);
  /// The count of a list, of which each element takes at least one byte.
  std::size_t count();

 private:
  BytesView rest_;
  bool failed_ = false;
};

/// How a type is written and read. Specialise it for types of your own that are not plain structs.
template <class T>
struct Codec;

template <class T>
void encode(Writer& out, const T& value) {
  Codec<T>::encode(out, value);
}
template <class T>
void decode(Reader& in, T& value) {
  Codec<T>::decode(in, value);
}

template <>
struct Codec<bool> {
  static void encode(Writer& out, const bool& value) { out.byte(value ? 1 : 0); }
  static void decode(Reader& in, bool& value) {
    const std::uint8_t byte = in.byte();
    if (byte > 1) in.fail();
    value = byte == 1;
  }
};

template <class T>
  requires std::is_integral_v<T>
struct Codec<T> {
  static void encode(Writer& out, T value) {
    if constexpr (sizeof(T) == 1) {
      out.byte(static_cast<std::uint8_t>(value));
    } else if constexpr (std::is_signed_v<T>) {
      out.signed_integer(value);
    } else {
      out.unsigned_integer(value);
    }
  }
  static void decode(Reader& in, T& value) {
    if constexpr (sizeof(T) == 1) {
      value = static_cast<T>(in.byte());
    } else {
      const auto wide = std::is_signed_v<T> ? in.signed_integer()
                                            : static_cast<std::int64_t>(in.unsigned_integer());
      value = static_cast<T>(wide);
      if (static_cast<std::int64_t>(value) != wide) in.fail();
    }
  }
};

template <class T>
  requires std::is_enum_v<T>
struct Codec<T> {
  using Number = std::underlying_type_t<T>;
  static void encode(Writer& out, T value) { theater::encode(out, static_cast<Number>(value)); }
  static void decode(Reader& in, T& value) {
    Number number{};
    theater::decode(in, number);
    value = static_cast<T>(number);
  }
};

template <class T>
  requires std::is_floating_point_v<T>
struct Codec<T> {
  static void encode(Writer& out, T value) { out.raw(&value, sizeof value); }
  static void decode(Reader& in, T& value) {
    if (BytesView bytes = in.raw(sizeof value); bytes.size() == sizeof value) {
      std::memcpy(&value, bytes.data(), sizeof value);
    }
  }
};

template <>
struct Codec<std::string> {
  static void encode(Writer& out, const std::string& value) {
    out.unsigned_integer(value.size());
    out.raw(value.data(), value.size());
  }
  static void decode(Reader& in, std::string& value) {
    const BytesView bytes = in.raw(in.count());
    value.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
};

template <Fields T>
struct Codec<T> {
  static void encode(Writer& out, const T& value) {
    with_fields(value, [&](const auto&... field) { (theater::encode(out, field), ...); });
  }
  static void decode(Reader& in, T& value) {
    with_fields(value, [&](auto&... field) { (theater::decode(in, field), ...); });
  }
};

}  // namespace theater

#include "theater/codec_containers.h"
