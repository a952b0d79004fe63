// Random WIT types for tests: the same seed makes the same ones.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "wasm/type.h"

namespace theater::wasm::testing {

/// Makes any WIT type but handles. Tests print the seed.
class RandomTypes {
 public:
  explicit RandomTypes(std::uint64_t seed) : engine_(seed) {}

  /// Any 64 bits.
  std::uint64_t number() { return engine_(); }
  /// A number below `bound`.
  std::uint64_t below(std::uint64_t bound) { return number() % bound; }

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

  std::mt19937_64 engine_;
};

}  // namespace theater::wasm::testing
