// Every WIT type crosses the boundary exactly as in wasmtime's own component implementation, which
// runs the same component in the same process: the same values come back, the same bytes lie in
// guest memory, the same bytes in guest memory make the same values or trap.
#include "wasm/testing/oracle.h"

#include <cstdlib>

#include "wasm/testing/random_value.h"

namespace theater::wasm {
namespace {

using testing::Pair;
using testing::RandomValues;

constexpr std::uint32_t kDepth = 4;
constexpr int kRounds = 28;            // of one type in one encoding
constexpr std::uint64_t kListed = 16;  // values in one list
constexpr std::uint64_t kNestings = 40;
constexpr std::uint64_t kValuesMin = 100'000;

/// THEATER_ORACLE_SEED, else 1.
std::uint64_t base_seed() {
  const char* const text = std::getenv("THEATER_ORACLE_SEED");
  return text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
}

std::string shown(const std::optional<Value>& value, const Type& type) {
  return value ? to_wave(*value, type) : "trap";
}

Value list_of(const Type& type, std::uint64_t count, RandomValues& random) {
  Value::Items items;
  Bytes bytes;
  const bool is_bytes = Type::list(type).is_bytes();
  for (std::uint64_t i = 0; i < count; ++i) {
    Value made = random.value(type);
    if (is_bytes) {
      bytes.push_back(static_cast<std::uint8_t>(random.number()));
    } else {
      items.push_back(std::move(made));
    }
  }
  return is_bytes ? Value(std::move(bytes)) : Value(std::move(items));
}

/// One value as parameter, argument of an import and results; many through memory; the raw bytes
/// in memory only where text has one form. Answers how many values both were given.
std::uint64_t compare(Pair& pair, const Type& type, RandomValues& random,
                      std::string_view encoding) {
  const Value many = list_of(type, kListed, random);
  const Value one = random.value(type);
  EXPECT_EQ(shown(pair.ours("flat", {one}), type), to_wave(one, type));
  EXPECT_EQ(shown(pair.theirs("flat", {one}), type), to_wave(one, type));
  EXPECT_EQ(pair.ours("list", {many}), many);
  EXPECT_EQ(pair.theirs("list", {many}), many);
  if (encoding == "utf8") EXPECT_EQ(pair.ours("raw", {many}), pair.theirs("raw", {many}));
  return kListed + 1;
}

/// Random bytes as values: both make the same of them, or both trap.
void compare_cooked(Pair& pair, const Type& type, RandomValues& random) {
  const auto count = static_cast<std::uint32_t>(random.below(3));
  Bytes bytes(count * testing::element_size(type));
  for (std::uint8_t& byte : bytes) {
    byte = static_cast<std::uint8_t>(random.below(3) == 0 ? random.below(3) : 0);
  }
  const std::vector<Value> arguments = {Value(bytes), Value(count)};
  const Type& result = *pair.type_of("cook").result;
  const std::optional<Value> ours = pair.ours("cook", arguments);
  const std::optional<Value> theirs = pair.theirs("cook", arguments);
  EXPECT_EQ(shown(ours, result), shown(theirs, result)) << to_hex(bytes);
}

std::uint64_t compare_all(const Type& type, std::uint64_t seed) {
  std::uint64_t values = 0;
  for (const std::string_view encoding : testing::kEncodings) {
    SCOPED_TRACE(fmt::format("type {}, {}, seed {}", to_wit(type), encoding, seed));
    RandomValues random(seed);
    Pair pair(type, encoding);
    for (int round = 0; round < kRounds && !::testing::Test::HasFailure(); ++round) {
      values += compare(pair, type, random, encoding);
      compare_cooked(pair, type, random);
      pair.restart();
    }
  }
  return values;
}

/// Every constructor, with the sizes at which its layout changes.
std::vector<Type> constructors() {
  const std::vector<std::string> few = {"a", "b", "c"};
  std::vector<std::string> many;
  for (int i = 0; i < 300; ++i) many.push_back("l" + std::to_string(i));
  const std::vector<std::string> nine(many.begin(), many.begin() + 9);
  const std::vector<std::string> seventeen(many.begin(), many.begin() + 17);
  const std::vector<std::string> all_flags(many.begin(), many.begin() + 32);
  std::vector<Type> types;
  for (int kind = 0; kind <= static_cast<int>(Kind::kString); ++kind) {
    types.emplace_back(static_cast<Kind>(kind));
  }
  const Type pair = Type::record({{"first", Type(Kind::kU8)}, {"second", Type(Kind::kF64)}});
  for (const Type& type : {
           Type::list(Kind::kU8),
           Type::list(Kind::kS64),
           Type::list(Kind::kString),
           pair,
           Type::tuple({Kind::kS8, Kind::kU32, Kind::kString}),
           Type::variant({{"none", {}},
                          {"small", Type(Kind::kU8)},
                          {"wide", Type(Kind::kF64)},
                          {"both", pair},
                          {"text", Type(Kind::kString)}}),
           Type::variant({{"single", Type(Kind::kF32)}, {"whole", Type(Kind::kU32)}}),
           Type::variant({{"long", Type(Kind::kS64)}, {"single", Type(Kind::kF32)}}),
           Type::enumeration(few),
           Type::enumeration(many),
           Type::option(Kind::kU16),
           Type::option(Type::option(Kind::kBool)),
           Type::result({}, {}),
           Type::result(Type(Kind::kString), {}),
           Type::result({}, Type(Kind::kChar)),
           Type::result(Type(Kind::kU64), Type(Kind::kF32)),
           Type::flags(few),
           Type::flags(nine),
           Type::flags(seventeen),
           Type::flags(all_flags),
       }) {
    types.push_back(type);
  }
  return types;
}

TEST(Oracle, AHundredThousandValuesOfEveryTypeCrossAsInTheOracle) {
  const std::uint64_t base = base_seed();
  std::uint64_t values = 0, types = 0;
  const auto run = [&](const Type& type, std::uint64_t seed) {
    values += compare_all(type, seed);
    ++types;
  };
  std::uint64_t seed = base;
  for (const Type& type : constructors()) {
    if (!HasFailure()) run(type, seed++);
  }
  for (std::uint64_t i = 0; i < kNestings && !HasFailure(); ++i, ++seed) {
    run(RandomValues(seed * 7919).type(kDepth), seed);
  }
  fmt::print(
      "oracle: {} values of {} types in 3 encodings, seed {}; repeat with "
      "THEATER_ORACLE_SEED={}\n",
      values, types, base, base);
  EXPECT_GE(values, kValuesMin);
}

}  // namespace
}  // namespace theater::wasm
