// Must hold: docs/formats/values.md is what the code does; encode and decode are inverse; whatever
// is not canonical is refused, by validate as by decode.
#include "wasm/binary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "wasm/testing/random_value.h"
#include "wasm/wave.h"

namespace theater::wasm {
namespace {

const std::vector<Type>& documented_types() {
  static const std::vector<Type> kTypes = [] {
    std::vector<Type> types;
    for (int kind = 0; kind <= static_cast<int>(Kind::kString); ++kind) {
      types.emplace_back(static_cast<Kind>(kind));
    }
    const Type bytes = Type::list(Kind::kU8);
    types.push_back(bytes);
    types.push_back(Type::list(Kind::kU32));
    types.push_back(Type::list(Kind::kString));
    types.push_back(Type::tuple({Kind::kU8, Kind::kString}));
    types.push_back(Type::record({{"id", Type(Kind::kU64)}, {"body", Type::option(bytes)}}));
    types.push_back(Type::variant(
        {{"opened", std::nullopt}, {"message", Type(Kind::kString)}, {"count", Type(Kind::kS32)}}));
    types.push_back(Type::enumeration({"red", "green", "blue"}));
    types.push_back(Type::option(Kind::kU8));
    types.push_back(Type::result(std::nullopt, std::nullopt));
    types.push_back(Type::result(Kind::kU8, Kind::kString));
    types.push_back(Type::result(std::nullopt, Kind::kString));
    types.push_back(Type::flags({"a", "b", "c"}));
    types.push_back(Type::flags({"f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8"}));
    types.push_back(Type::own(0, "file"));
    return types;
  }();
  return kTypes;
}

struct Row {
  Type type;
  std::string second;
  std::string third;
};

/// Rows of the table under `heading`: the first cell names a type.
std::vector<Row> documented_rows(const std::string& heading) {
  std::ifstream file(THEATER_VALUES_DOCUMENT);
  std::vector<Row> rows;
  std::string section;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("## ")) section = line;
    if (section != heading || !line.starts_with("| `")) continue;
    std::vector<std::string> cells;
    for (std::size_t at = 2; at < line.size();) {
      const std::size_t end = std::min(line.find(" |", at), line.size());
      cells.push_back(line.substr(at, end - at));
      at = end + 3;
    }
    EXPECT_EQ(cells.size(), 3u) << line;
    for (std::string& cell : cells) std::erase(cell, '`');
    const auto& types = documented_types();
    const auto named = std::ranges::find(types, cells[0], [](const Type& t) { return to_wit(t); });
    EXPECT_NE(named, types.end()) << line;
    if (named != types.end()) rows.push_back({*named, cells[1], cells[2]});
  }
  return rows;
}

TEST(Binary, DocumentedVectorsHold) {
  const auto rows = documented_rows("## 3. Test vectors");
  EXPECT_GT(rows.size(), 40u);
  for (const Row& row : rows) {
    const auto value = from_wave(row.second, row.type);
    ASSERT_TRUE(value) << row.second << ": " << value.error().message;
    const auto bytes = encode(*value, row.type);
    ASSERT_TRUE(bytes) << row.second << ": " << bytes.error().message;
    EXPECT_EQ(to_hex(*bytes), row.third) << to_wit(row.type) << " " << row.second;
    const auto back = decode(*bytes, row.type);
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(to_wave(*back, row.type), to_wave(*value, row.type));
    EXPECT_TRUE(validate(*bytes, row.type));
  }
}

TEST(Binary, DocumentedRefusalsHold) {
  const auto rows = documented_rows("## 4. Refused");
  EXPECT_GT(rows.size(), 25u);
  for (const Row& row : rows) {
    const Bytes bytes = from_hex(row.second).value();
    const auto value = decode(bytes, row.type);
    ASSERT_FALSE(value) << row.second;
    EXPECT_EQ(value.error(), (Error{Code::kInvalid, row.third})) << row.second;
    EXPECT_EQ(validate(bytes, row.type).error(), value.error());
  }
}

TEST(Binary, EncodeAndDecodeAreInverse) {
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    testing::RandomValues random(seed);
    const Type type = random.type(4);
    const Value value = random.value(type);
    const Bytes bytes = encode(value, type).value();
    ASSERT_EQ(decode(bytes, type).value(), value) << to_wit(type);
    ASSERT_TRUE(validate(bytes, type));
  }
}

/// Any bytes are either refused or the one encoding of a value.
TEST(Binary, ChangedBytesAreRefusedOrCanonical) {
  int accepted = 0;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    testing::RandomValues random(seed);
    const Type type = random.type(4);
    Bytes bytes = encode(random.value(type), type).value();
    if (bytes.size() > 1 && random.below(4) == 0) bytes.resize(random.below(bytes.size()));
    for (std::uint64_t changes = random.below(3); changes > 0 && !bytes.empty(); --changes) {
      bytes[random.below(bytes.size())] ^= static_cast<std::uint8_t>(1 << random.below(8));
    }
    const auto value = decode(bytes, type);
    ASSERT_EQ(value.has_value(), validate(bytes, type).has_value());
    if (!value) continue;
    ++accepted;
    ASSERT_EQ(to_hex(encode(*value, type).value()), to_hex(bytes)) << to_wit(type);
  }
  EXPECT_GT(accepted, 300);
}

TEST(Binary, EncodeRefusesValuesThatDoNotFit) {
  const std::vector<std::pair<Value, Type>> misfits{
      {Value(1), Kind::kBool},
      {Value(256u), Kind::kU8},
      {Value(-129), Kind::kS8},
      {Value(1u), Kind::kS8},
      {Value(1.0), Kind::kF32},
      {Value(U'\xd800'), Kind::kChar},
      {Value("\xff"), Kind::kString},
      {Value(Value::Items{Value(std::uint8_t{1})}), Type::list(Kind::kU8)},
      {Value(Bytes{1}), Type::list(Kind::kS8)},
      {Value(Value::Items{}), Type::tuple({Kind::kU8})},
      {Value::choice(3), Type::enumeration({"a", "b"})},
      {Value::choice(0, Value(true)), Type::option(Kind::kBool)},
      {Value::choice(1), Type::option(Kind::kBool)},
      {Value(Value::Flags{8}), Type::flags({"a", "b", "c"})},
      {Value(7u), Type::own(0, "file")},
  };
  for (const auto& [value, type] : misfits) {
    const auto bytes = encode(value, type);
    ASSERT_FALSE(bytes) << to_wit(type);
    EXPECT_EQ(bytes.error().message, "value does not fit " + to_wit(type));
  }
}

TEST(Binary, ArgumentsAreTheParametersInARow) {
  const FunctionType type{{{"a", Kind::kU8}, {"b", Kind::kString}}, Kind::kBool};
  const std::vector<Value> values{Value(std::uint8_t{7}), Value("x")};
  const Bytes bytes = encode_arguments(values, type).value();
  EXPECT_EQ(to_hex(bytes), "070178");
  EXPECT_EQ(decode_arguments(bytes, type).value(), values);
  EXPECT_TRUE(validate_arguments(bytes, type));
  EXPECT_FALSE(validate_arguments(Bytes{7, 1}, type));
  EXPECT_FALSE(encode_arguments({values[0]}, type));
  EXPECT_EQ(encode_arguments({values[1], values[1]}, type).error().message,
            "a: value does not fit u8");
  EXPECT_TRUE(validate_result(Bytes{1}, type));
  EXPECT_FALSE(validate_result({}, type));
  EXPECT_TRUE(validate_result({}, {}));
  EXPECT_FALSE(validate_result(Bytes{0}, {}));
}

TEST(Binary, TypesNestedTooDeepAreRefused) {
  Type type = Kind::kU8;
  for (int depth = 0; depth < 100; ++depth) type = Type::option(type);
  EXPECT_EQ(decode({}, type).error().code, Code::kTooLarge);
  EXPECT_EQ(validate({}, type).error().code, Code::kTooLarge);
  EXPECT_EQ(encode(Value(), type).error().code, Code::kTooLarge);
  EXPECT_EQ(from_wave("1", type).error().code, Code::kTooLarge);
}

}  // namespace
}  // namespace theater::wasm
