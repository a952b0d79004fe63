// Must hold: sizes, alignments, offsets and core signatures are the specification's.
#include "wasm/abi_layout.h"

#include <gtest/gtest.h>

#include "wasm/value_limits.h"

namespace theater::wasm {
namespace {

std::vector<std::string> numbered(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back("l" + std::to_string(i));
  return names;
}

struct Row {
  Type type;
  std::uint32_t alignment;
  std::uint32_t size;
  std::string core;  // i, I, f, F: i32, i64, f32, f64
};

std::string letters(std::span<const CoreType> types) {
  std::string text;
  for (const CoreType type : types) text += "iIfF"[static_cast<int>(type)];
  return text;
}

TEST(AbiLayout, EveryTypeConstructor) {
  const Type mixed = Type::variant({{"a", Type(Kind::kF32)}, {"b", Type(Kind::kU32)}});
  const std::vector<Row> table{
      {Kind::kBool, 1, 1, "i"},
      {Kind::kS8, 1, 1, "i"},
      {Kind::kU16, 2, 2, "i"},
      {Kind::kS32, 4, 4, "i"},
      {Kind::kU64, 8, 8, "I"},
      {Kind::kF32, 4, 4, "f"},
      {Kind::kF64, 8, 8, "F"},
      {Kind::kChar, 4, 4, "i"},
      {Kind::kString, 4, 8, "ii"},
      {Type::list(Kind::kU64), 4, 8, "ii"},
      {Type::own(0, "x"), 4, 4, "i"},
      {Type::borrow(0, "x"), 4, 4, "i"},
      {Type::tuple({Kind::kU8, Kind::kU16, Kind::kU8}), 2, 6, "iii"},
      {Type::record({{"a", Type(Kind::kU8)}, {"b", Type(Kind::kF64)}}), 8, 16, "iF"},
      {Type::flags(numbered(1)), 1, 1, "i"},
      {Type::flags(numbered(8)), 1, 1, "i"},
      {Type::flags(numbered(9)), 2, 2, "i"},
      {Type::flags(numbered(16)), 2, 2, "i"},
      {Type::flags(numbered(17)), 4, 4, "i"},
      {Type::flags(numbered(32)), 4, 4, "i"},
      {Type::enumeration(numbered(1)), 1, 1, "i"},
      {Type::enumeration(numbered(256)), 1, 1, "i"},
      {Type::enumeration(numbered(257)), 2, 2, "i"},
      {Type::enumeration(numbered(65536)), 2, 2, "i"},
      {Type::enumeration(numbered(65537)), 4, 4, "i"},
      {Type::option(Kind::kU8), 1, 2, "ii"},
      {Type::option(Kind::kU64), 8, 16, "iI"},
      {Type::result(std::nullopt, std::nullopt), 1, 1, "i"},
      {Type::result(Kind::kU8, Kind::kString), 4, 12, "iii"},
      {Type::result(Kind::kF32, Kind::kF64), 8, 16, "iI"},
      {Type::result(Kind::kF64, Kind::kU64), 8, 16, "iI"},
      {Type::result(Kind::kF64, std::nullopt), 8, 16, "iF"},
      {mixed, 4, 8, "ii"},
      {Type::option(mixed), 4, 12, "iii"},
      {Type::variant({{"a", Type(Kind::kString)}, {"b", Type(Kind::kF64)}, {"c", std::nullopt}}), 8,
       16, "iIi"},
      {Type::tuple({Kind::kU8, Type::option(Kind::kU16), Type::list(Kind::kU8)}), 4, 16, "iiiii"},
  };
  for (const Row& row : table) {
    const auto layout = FunctionLayout::compile({{{"p", row.type}}, std::nullopt});
    ASSERT_TRUE(layout) << to_wit(row.type) << layout.error().message;
    const LayoutNode& node = layout->node(layout->parts(layout->node(layout->parameters()))->node);
    EXPECT_EQ(node.alignment, row.alignment) << to_wit(row.type);
    EXPECT_EQ(node.size, row.size) << to_wit(row.type);
    EXPECT_EQ(letters(layout->export_parameters()), row.core) << to_wit(row.type);
  }
}

TEST(AbiLayout, SixteenCoreParametersTravelAndSeventeenSpill) {
  FunctionType type;
  for (int i = 0; i < 16; ++i) type.parameters.push_back({"p", Kind::kU64});
  auto layout = FunctionLayout::compile(type).value();
  EXPECT_FALSE(layout.parameters_spilled());
  EXPECT_EQ(letters(layout.import_parameters()), "IIIIIIIIIIIIIIII");
  type.parameters.push_back({"p", Kind::kU8});
  type.result = Kind::kString;
  layout = FunctionLayout::compile(type).value();
  EXPECT_TRUE(layout.parameters_spilled());
  EXPECT_EQ(layout.node(layout.parameters()).size, 136u);
  EXPECT_EQ(letters(layout.export_parameters()), "i");
  EXPECT_EQ(letters(layout.import_parameters()), "ii");
}

TEST(AbiLayout, ResultsOfMoreThanOneCoreValueSpill) {
  const auto spilled = FunctionLayout::compile({{{"a", Kind::kF32}}, Type::option(Kind::kU8)});
  EXPECT_TRUE(spilled->result_spilled());
  EXPECT_EQ(letters(spilled->export_results()), "i");
  EXPECT_EQ(letters(spilled->import_parameters()), "fi");
  EXPECT_EQ(letters(spilled->import_results()), "");
  const auto flat = FunctionLayout::compile({{}, Type::tuple({Kind::kF64})});
  EXPECT_FALSE(flat->result_spilled());
  EXPECT_EQ(letters(flat->export_results()), "F");
  EXPECT_EQ(letters(flat->import_results()), "F");
  EXPECT_EQ(letters(flat->import_parameters()), "");
}

TEST(AbiLayout, AVariantWithAnOversizedCaseSpills) {
  const Type big = Type::tuple(std::vector<Type>(16, Kind::kU8));
  const auto option = FunctionLayout::compile({{{"o", Type::option(big)}}, std::nullopt});
  EXPECT_TRUE(option->parameters_spilled());
  const auto whole = FunctionLayout::compile({{{"t", big}}, std::nullopt});
  EXPECT_FALSE(whole->parameters_spilled());
  const auto nested =
      FunctionLayout::compile({{{"o", Type::option(Type::option(big))}}, std::nullopt});
  EXPECT_TRUE(nested->parameters_spilled());
}

TEST(AbiLayout, TypesTheSpecificationForbidsAreRefused) {
  for (const Type& type : {Type::record({}), Type::tuple({}), Type::variant({}),
                           Type::enumeration({}), Type::flags({}), Type::flags(numbered(33))}) {
    const auto layout = FunctionLayout::compile({{}, type});
    ASSERT_FALSE(layout) << to_wit(type);
    EXPECT_EQ(layout.error().code, Code::kUnsupported);
  }
}

TEST(AbiLayout, HostileTypesAreRefusedQuickly) {
  Type deep = Kind::kU8;
  for (std::uint32_t i = 0; i < kTypeDepthMax; ++i) deep = Type::list(deep);
  EXPECT_EQ(FunctionLayout::compile({{}, deep}).error().code, Code::kTooLarge);

  // Each step doubles the value: 2^40 bytes, though the type is small because nodes are shared.
  Type doubled = Kind::kU8;
  for (int i = 0; i < 40; ++i) doubled = Type::tuple({doubled, doubled});
  EXPECT_EQ(FunctionLayout::compile({{}, doubled}).error().code, Code::kTooLarge);
  Type chosen = Kind::kU8;
  for (int i = 0; i < 60; ++i) chosen = Type::result(chosen, chosen);
  EXPECT_TRUE(FunctionLayout::compile({{}, chosen}));

  const FunctionType wide{{}, Type::enumeration(numbered(kLayoutNodesMax + 1))};
  EXPECT_EQ(FunctionLayout::compile(wide).error().code, Code::kTooLarge);
}

}  // namespace
}  // namespace theater::wasm
