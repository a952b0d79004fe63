// Must hold: types compare by structure and print as WIT.
#include "wasm/type.h"

#include <gtest/gtest.h>

namespace theater::wasm {
namespace {

TEST(Type, EqualityIsStructuralAndIncludesNames) {
  EXPECT_EQ(Type::list(Kind::kU8), Type::list(Kind::kU8));
  EXPECT_NE(Type::list(Kind::kU8), Type::list(Kind::kS8));
  EXPECT_NE(Type(Kind::kU8), Type::list(Kind::kU8));
  EXPECT_EQ(Type::record({{"a", Type(Kind::kU8)}}), Type::record({{"a", Type(Kind::kU8)}}));
  EXPECT_NE(Type::record({{"a", Type(Kind::kU8)}}), Type::record({{"b", Type(Kind::kU8)}}));
  EXPECT_NE(Type::tuple({Kind::kU8}), Type::record({{"", Type(Kind::kU8)}}));
  EXPECT_NE(Type::variant({{"a", std::nullopt}}), Type::enumeration({"a"}));
  EXPECT_EQ(Type::own(1, "x"), Type::own(1, "y"));
  EXPECT_NE(Type::own(1, "x"), Type::own(2, "x"));
  EXPECT_NE(Type::own(1, "x"), Type::borrow(1, "x"));
}

TEST(Type, PrintsAsWit) {
  EXPECT_EQ(to_wit(Type::result(std::nullopt, Kind::kChar)), "result<_, char>");
  EXPECT_EQ(to_wit(Type::result(Kind::kF32, std::nullopt)), "result<f32>");
  EXPECT_EQ(to_wit(Type::borrow(3, "")), "borrow<resource-3>");
  EXPECT_EQ(to_wit(Type::flags({"a", "b"})), "flags { a, b }");
  EXPECT_EQ(to_wit(FunctionType{{{"a", Kind::kU8}, {"b", Type::option(Kind::kS64)}},
                                Type::tuple({Kind::kBool, Kind::kString})}),
            "func(a: u8, b: option<s64>) -> tuple<bool, string>");
  EXPECT_EQ(to_wit(FunctionType{}), "func()");
}

TEST(Type, KnowsDepthMembersAndBytes) {
  const Type type = Type::option(Type::list(Type::tuple({Kind::kU8, Type::list(Kind::kU8)})));
  EXPECT_EQ(type.depth(), 5u);
  EXPECT_TRUE(Type::list(Kind::kU8).is_bytes());
  EXPECT_FALSE(Type::list(Kind::kS8).is_bytes());
  EXPECT_FALSE(Type(Kind::kU8).is_bytes());
  const Type variant = Type::variant({{"a", std::nullopt}, {"b", Type(Kind::kU8)}});
  EXPECT_EQ(variant.find_member("b"), 1u);
  EXPECT_EQ(variant.find_member("c"), std::nullopt);
  EXPECT_TRUE(Type(Kind::kU8).members().empty());
}

TEST(TypeDeathTest, OnlyPrimitiveKindsAreTypesAlone) {
  EXPECT_DEATH(Type{Kind::kList}, "primitive");
  EXPECT_DEATH((void)Type(Kind::kU8).element(), "element");
}

}  // namespace
}  // namespace theater::wasm
