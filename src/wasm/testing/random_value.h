// Random values for tests: the same seed makes the same ones.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "wasm/testing/random_type.h"
#include "wasm/type.h"
#include "wasm/utf8.h"
#include "wasm/value.h"

namespace theater::wasm::testing {

/// Makes random types and values of them that favour the edges of their range. Tests print the
/// seed.
class RandomValues : public RandomTypes {
 public:
  using RandomTypes::RandomTypes;

  Value value(const Type& type) {
    switch (type.kind()) {
      case Kind::kBool:
        return Value(below(2) == 1);
      case Kind::kS8:
        return Value(static_cast<std::int8_t>(bits()));
      case Kind::kU8:
        return Value(static_cast<std::uint8_t>(bits()));
      case Kind::kS16:
        return Value(static_cast<std::int16_t>(bits()));
      case Kind::kU16:
        return Value(static_cast<std::uint16_t>(bits()));
      case Kind::kS32:
        return Value(static_cast<std::int32_t>(bits()));
      case Kind::kU32:
        return Value(static_cast<std::uint32_t>(bits()));
      case Kind::kS64:
        return Value(static_cast<std::int64_t>(bits()));
      case Kind::kU64:
        return Value(bits());
      case Kind::kF32:
        return Value(single());
      case Kind::kF64:
        return Value(twice());
      case Kind::kChar:
        return Value(scalar());
      case Kind::kString:
        return Value(text());
      case Kind::kList:
        return list(type);
      case Kind::kRecord:
      case Kind::kTuple:
        return items(type);
      case Kind::kFlags: {
        const std::size_t count = type.members().size();
        const std::uint64_t mask = (std::uint64_t{1} << count) - 1;
        return Value(Value::Flags{static_cast<std::uint32_t>(number() & mask)});
      }
      case Kind::kOwn:
      case Kind::kBorrow:
        return Value(Value::Handle{1 + below(1000)});
      default:
        return choice(type);
    }
  }

  std::vector<Value> arguments(const FunctionType& type) {
    std::vector<Value> made;
    for (const Parameter& parameter : type.parameters) made.push_back(value(parameter.type));
    return made;
  }

  std::string text() {
    std::string made;
    for (std::uint64_t left = below(12); left > 0; --left) {
      std::uint8_t buffer[4];
      made.append(reinterpret_cast<char*>(buffer), encode_scalar(scalar(), buffer));
    }
    return made;
  }

 private:
  /// 64 random bits of which often only few are set or clear at the top, so that every LEB128
  /// length and every limit occurs.
  std::uint64_t bits() {
    const std::uint64_t random = number();
    const std::uint64_t kept = random >> below(64);
    return below(2) == 0 ? kept : ~kept;
  }

  float single() {
    constexpr std::uint32_t kEdges[] = {0x00000000, 0x80000000, 0x7f800000, 0xff800000,
                                        0x7fc00000, 0x00000001, 0x3f800000, 0x7f7fffff};
    if (below(3) == 0) return std::bit_cast<float>(kEdges[below(8)]);
    const auto made = std::bit_cast<float>(static_cast<std::uint32_t>(number()));
    return made == made ? made : 0.5F;
  }

  double twice() {
    if (below(3) == 0) return below(2) == 0 ? std::bit_cast<double>(kNan) : -0.0;
    const auto made = std::bit_cast<double>(number());
    return made == made ? made : 0.1;
  }

  char32_t scalar() {
    constexpr char32_t kBounds[] = {0x80, 0x100, 0x800, 0x10000, 0x110000};
    const auto scalar = static_cast<std::uint32_t>(below(kBounds[below(5)]));
    return is_scalar_value(scalar) ? scalar : U'\u00e9';
  }

  Value list(const Type& type) {
    const std::uint64_t count = below(40) == 0 ? below(200) : below(5);
    if (type.is_bytes()) {
      Bytes made;
      for (std::uint64_t i = 0; i < count; ++i) made.push_back(static_cast<std::uint8_t>(number()));
      return Value(std::move(made));
    }
    Value::Items made;
    for (std::uint64_t i = 0; i < count; ++i) made.push_back(value(type.element()));
    return Value(std::move(made));
  }

  Value items(const Type& type) {
    Value::Items made;
    for (const Member& member : type.members()) made.push_back(value(*member.type));
    return Value(std::move(made));
  }

  Value choice(const Type& type) {
    const auto index = static_cast<std::uint32_t>(below(type.members().size()));
    const auto& payload = type.members()[index].type;
    return payload ? Value::choice(index, value(*payload)) : Value::choice(index);
  }

  static constexpr std::uint64_t kNan = 0x7ff8000000000000;
};

}  // namespace theater::wasm::testing
