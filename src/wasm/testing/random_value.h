// Random types and values for tests: the same seed makes the same ones.
#pragma once

#include <bit>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "wasm/type.h"
#include "wasm/utf8.h"
#include "wasm/value.h"

namespace theater::wasm::testing {

/// Makes any WIT type but handles, and values of it that favour the edges of their range. Tests
/// print the seed.
class RandomValues {
 public:
  explicit RandomValues(std::uint64_t seed) : engine_(seed) {}

  /// A number below `bound`.
  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }

  /// A type nested at most `depth` deep; 1 makes primitives, enums, flags and empty results.
  Type type(std::uint32_t depth) {
    if (depth <= 1 || below(3) == 0) return leaf();
    switch (below(7)) {
      case 0:
        return Type::list(type(depth - 1));
      case 1:
        return Type::record(fields(depth));
      case 2:
        return tuple(depth);
      case 3:
        return Type::variant(cases(depth));
      case 4:
        return Type::option(type(depth - 1));
      case 5:
        return Type::result(maybe(depth), maybe(depth));
      default:
        return Type::list(Kind::kU8);
    }
  }

  /// A function of up to 8 parameters; a quarter have no result.
  FunctionType function(std::uint32_t depth) {
    FunctionType made;
    const std::uint64_t count = below(9);
    for (std::uint64_t i = 0; i < count; ++i) {
      made.parameters.push_back({"p" + std::to_string(i), type(depth)});
    }
    if (below(4) != 0) made.result = type(depth);
    return made;
  }

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
        return Value(Value::Flags{static_cast<std::uint32_t>(engine_() & mask)});
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
  Type leaf() {
    const std::uint64_t pick = below(16);
    if (pick <= static_cast<std::uint64_t>(Kind::kString)) return static_cast<Kind>(pick);
    if (pick == 13) return Type::enumeration(labels(below(20) == 0 ? 300 : 1 + below(6)));
    if (pick == 14) return Type::flags(labels(1 + below(32)));
    return Type::result(std::nullopt, std::nullopt);
  }

  std::vector<std::string> labels(std::uint64_t count) {
    std::vector<std::string> made;
    for (std::uint64_t i = 0; i < count; ++i) made.push_back("l" + std::to_string(i));
    return made;
  }

  std::vector<Member> fields(std::uint32_t depth) {
    std::vector<Member> made;
    for (std::uint64_t i = 0, count = 1 + below(5); i < count; ++i) {
      made.push_back({"f" + std::to_string(i), type(depth - 1)});
    }
    return made;
  }

  std::vector<Member> cases(std::uint32_t depth) {
    std::vector<Member> made;
    for (std::uint64_t i = 0, count = 1 + below(5); i < count; ++i) {
      made.push_back({"c" + std::to_string(i), maybe(depth)});
    }
    return made;
  }

  Type tuple(std::uint32_t depth) {
    std::vector<Type> made;
    for (std::uint64_t i = 0, count = 1 + below(4); i < count; ++i) made.push_back(type(depth - 1));
    return Type::tuple(made);
  }

  std::optional<Type> maybe(std::uint32_t depth) {
    if (below(3) == 0) return std::nullopt;
    return type(depth - 1);
  }

  /// 64 random bits of which often only few are set or clear at the top, so that every LEB128
  /// length and every limit occurs.
  std::uint64_t bits() {
    const std::uint64_t random = engine_();
    const std::uint64_t kept = random >> below(64);
    return below(2) == 0 ? kept : ~kept;
  }

  float single() {
    constexpr std::uint32_t kEdges[] = {0x00000000, 0x80000000, 0x7f800000, 0xff800000,
                                        0x7fc00000, 0x00000001, 0x3f800000, 0x7f7fffff};
    if (below(3) == 0) return std::bit_cast<float>(kEdges[below(8)]);
    const auto number = std::bit_cast<float>(static_cast<std::uint32_t>(engine_()));
    return number == number ? number : 0.5F;
  }

  double twice() {
    if (below(3) == 0) return below(2) == 0 ? std::bit_cast<double>(kNan) : -0.0;
    const auto number = std::bit_cast<double>(engine_());
    return number == number ? number : 0.1;
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
      for (std::uint64_t i = 0; i < count; ++i)
        made.push_back(static_cast<std::uint8_t>(engine_()));
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
  std::mt19937_64 engine_;
};

}  // namespace theater::wasm::testing
