// Codecs of scalars, texts and bytes. Include "wasm/codec.h".
#pragma once

#include "wasm/codec_traits.h"

namespace theater::wasm {

template <>
struct Codec<bool> {
  static Type type() { return Kind::kBool; }
  static void write(BinaryWriter& writer, const bool& value) { writer.byte(value ? 1 : 0); }
  static bool read(BinaryReader& reader) { return reader.truth(); }
};

/// The kind of a fixed-width integer.
template <std::integral T>
constexpr Kind integer_kind() {
  constexpr Kind kKinds[] = {Kind::kU8,  Kind::kS8,  Kind::kU16, Kind::kS16,
                             Kind::kU32, Kind::kS32, Kind::kU64, Kind::kS64};
  constexpr int kWidth = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
  return kKinds[kWidth * 2 + (std::is_signed_v<T> ? 1 : 0)];
}

template <std::integral T>
  requires(!std::same_as<T, bool> && !std::same_as<T, char> && !std::same_as<T, char32_t>)
struct Codec<T> {
  static Type type() { return integer_kind<T>(); }
  static void write(BinaryWriter& writer, const T& value) {
    if constexpr (sizeof(T) == 1) {
      writer.byte(static_cast<std::uint8_t>(value));
    } else if constexpr (std::is_signed_v<T>) {
      writer.signed_number(value);
    } else {
      writer.unsigned_number(value);
    }
  }
  static T read(BinaryReader& reader) {
    if constexpr (sizeof(T) == 1) {
      return static_cast<T>(reader.byte());
    } else if constexpr (std::is_signed_v<T>) {
      return static_cast<T>(reader.signed_number(sizeof(T) * 8));
    } else {
      return static_cast<T>(reader.unsigned_number(static_cast<T>(-1)));
    }
  }
};

template <>
struct Codec<float> {
  static Type type() { return Kind::kF32; }
  static void write(BinaryWriter& writer, const float& value) { writer.f32(value); }
  static float read(BinaryReader& reader) { return reader.f32(); }
};

template <>
struct Codec<double> {
  static Type type() { return Kind::kF64; }
  static void write(BinaryWriter& writer, const double& value) { writer.f64(value); }
  static double read(BinaryReader& reader) { return reader.f64(); }
};

/// Written values must be Unicode scalar values.
template <>
struct Codec<char32_t> {
  static Type type() { return Kind::kChar; }
  static void write(BinaryWriter& writer, const char32_t& value) { writer.character(value); }
  static char32_t read(BinaryReader& reader) { return reader.character(); }
};

/// Written texts must be valid UTF-8.
template <>
struct Codec<std::string_view> {
  static Type type() { return Kind::kString; }
  static void write(BinaryWriter& writer, const std::string_view& value) { writer.string(value); }
  static std::string_view read(BinaryReader& reader) { return reader.string(); }
};

template <>
struct Codec<std::string> {
  static Type type() { return Kind::kString; }
  static void write(BinaryWriter& writer, const std::string& value) { writer.string(value); }
  static std::string read(BinaryReader& reader) { return std::string(reader.string()); }
};

template <>
struct Codec<ByteSpan> {
  static Type type() { return Type::list(Kind::kU8); }
  static void write(BinaryWriter& writer, const ByteSpan& value) { writer.bytes(value); }
  static ByteSpan read(BinaryReader& reader) { return reader.bytes(); }
};

template <>
struct Codec<Bytes> {
  static Type type() { return Type::list(Kind::kU8); }
  static void write(BinaryWriter& writer, const Bytes& value) { writer.bytes(value); }
  static Bytes read(BinaryReader& reader) { return to_bytes(reader.bytes()); }
};

template <typename Tag>
struct Codec<StrongNumber<Tag>> {
  static Type type() { return Kind::kU64; }
  static void write(BinaryWriter& writer, const StrongNumber<Tag>& id) {
    writer.unsigned_number(id.value);
  }
  static StrongNumber<Tag> read(BinaryReader& reader) {
    return {reader.unsigned_number(~std::uint64_t{0})};
  }
};

}  // namespace theater::wasm
