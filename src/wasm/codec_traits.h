// What C++ types tell about their WIT types. Include "wasm/codec.h".
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "wasm/binary_reader.h"
#include "wasm/binary_writer.h"
#include "wasm/type.h"

namespace theater::wasm {

/// Codec<T>: `static Type type()`, `static void write(BinaryWriter&, const T&)` and `static T
/// read(BinaryReader&)`. A refused read answers some T; BinaryReader::finish tells.
template <typename T>
struct Codec;

/// The WIT type of a C++ type.
template <typename T>
Type type_of() {
  return Codec<T>::type();
}

/// A field of a reflected struct:
///   struct Event {
///     std::uint64_t id = 0;
///     ByteSpan body;
///     static constexpr auto wit_members() {
///       return std::tuple{wasm::field("id", &Event::id), wasm::field("body", &Event::body)};
///     }
///   };
template <typename Owner, typename T>
struct Field {
  std::string_view name;
  T Owner::* place;
};
template <typename Owner, typename T>
constexpr Field<Owner, T> field(std::string_view name, T Owner::* place) {
  return {name, place};
}

/// Labels of an enum class, in order of its values 0, 1, ...; specialise with
///   template <> struct WitLabels<Code> {
///     static constexpr std::array<std::string_view, 2> kLabels{"denied", "invalid"}; };
template <typename E>
struct WitLabels;

template <typename T>
concept ReflectedStruct = requires { T::wit_members(); };
template <typename T>
concept LabelledEnum = std::is_enum_v<T> && requires { WitLabels<T>::kLabels; };
template <typename T>
concept ReflectedVariant = requires(T t) {
  T::kWitCases;
  t.value.index();
};
template <typename T>
concept ReflectedFlags = requires(T t) {
  T::kWitFlags;
  { t.bits } -> std::same_as<std::uint32_t&>;
};

}  // namespace theater::wasm
