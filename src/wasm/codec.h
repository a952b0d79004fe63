// Codec: C++ values to and from the canonical binary form, and the WIT type a C++ type stands for.
//
//   bool, [u]int8..64_t, float, double, char32_t   the WIT primitive
//   std::string_view, std::string                  string (a view points into the input)
//   ByteSpan, Bytes                                list<u8> (a span points into the input)
//   std::vector<T>                                 list<T>
//   std::tuple<T...>                               tuple
//   std::optional<T>                               option
//   std::expected<T, E>, T may be void             result; E may be std::monostate (no payload)
//   StrongNumber<Tag>                              u64
//   struct with wit_members()                      record
//   enum class with WitLabels<E>                   enum
//   struct with kWitCases and std::variant value   variant; std::monostate = no payload
//   struct with kWitFlags and std::uint32_t bits   flags
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "wasm/codec_compound.h"
#include "wasm/codec_scalar.h"
#include "wasm/codec_traits.h"

namespace theater::wasm {

/// The canonical bytes of a C++ value.
template <typename T>
Bytes to_binary(const T& value) {
  Bytes out;
  BinaryWriter writer(out);
  Codec<T>::write(writer, value);
  return out;
}

/// The C++ value whose canonical bytes are exactly `bytes`; kInvalid otherwise. Views in the value
/// point into `bytes`.
template <typename T>
Result<T> from_binary(ByteSpan bytes) {
  BinaryReader reader(bytes);
  T value = Codec<T>::read(reader);
  TRY_OK(reader.finish());
  return value;
}

}  // namespace theater::wasm
