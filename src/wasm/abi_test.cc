// Must hold: a value lowered into a guest and lifted from it again is the same, byte for byte, for
// every type, encoding and way of travelling.
#include "wasm/abi.h"

#include <gtest/gtest.h>

#include "wasm/binary.h"
#include "wasm/testing/fake_guest.h"
#include "wasm/testing/random_value.h"

namespace theater::wasm {
namespace {

using testing::FakeGuest;
using testing::FakeHandles;
using testing::RandomValues;

FunctionLayout compile(const FunctionType& type) {
  auto layout = FunctionLayout::compile(type);
  EXPECT_TRUE(layout) << to_wit(type) << ": " << layout.error().message;
  return *layout;
}

/// Host to guest to host through the parameters.
TrapOr<Bytes> through_parameters(const FunctionLayout& layout, std::span<const ByteSpan> pieces,
                                 const GuestSide& guest) {
  std::vector<CoreValue> core(layout.export_parameters().size());
  if (auto done = lower_arguments(layout, pieces, guest, core); !done) {
    return std::unexpected(done.error());
  }
  core.resize(layout.import_parameters().size());
  Bytes lifted;
  auto done = lift_arguments(layout, core, guest, lifted);
  if (!done) return std::unexpected(done.error());
  return lifted;
}

/// The same through the result; a spilled one goes to address 8 (the fake guest leaves 16 bytes)
/// or behind everything when it is larger.
TrapOr<Bytes> through_result(const FunctionLayout& layout, ByteSpan result, FakeGuest& memory,
                             const GuestSide& guest) {
  std::vector<CoreValue> arguments(layout.import_parameters().size());
  std::vector<CoreValue> core(layout.import_results().size());
  CoreValue pointer{};
  if (layout.result_spilled()) {
    auto place = memory.realloc({0, 0, 8, layout.node(layout.result()).size});
    pointer.i32 = static_cast<std::int32_t>(*place);
    arguments.back() = pointer;
  }
  if (auto done = lower_result(layout, result, guest, {arguments, core}); !done) {
    return std::unexpected(done.error());
  }
  if (layout.result_spilled()) core = {pointer};
  Bytes lifted;
  auto done = lift_result(layout, core, guest, lifted);
  if (!done) return std::unexpected(done.error());
  return lifted;
}

void round_trip(const FunctionType& type, RandomValues& random, StringEncoding encoding) {
  const FunctionLayout layout = compile(type);
  FakeGuest memory(64);
  FakeHandles handles;
  const GuestSide guest{&memory, &handles, encoding, kLiftedBytesMax};

  const Bytes arguments = encode_arguments(random.arguments(type), type).value();
  const ByteSpan whole = arguments;
  auto lifted = through_parameters(layout, {&whole, 1}, guest);
  ASSERT_TRUE(lifted) << lifted.error().message;
  ASSERT_EQ(to_hex(*lifted), to_hex(arguments)) << to_wit(type);

  if (!type.result) return;
  const Bytes result = encode(random.value(*type.result), *type.result).value();
  lifted = through_result(layout, result, memory, guest);
  ASSERT_TRUE(lifted) << lifted.error().message;
  ASSERT_EQ(to_hex(*lifted), to_hex(result)) << to_wit(type);
}

TEST(Abi, RandomValuesOfRandomTypesComeBackEqual) {
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    RandomValues random(seed);
    const FunctionType type = random.function(1 + static_cast<std::uint32_t>(random.below(4)));
    const auto encoding = static_cast<StringEncoding>(random.below(3));
    ASSERT_NO_FATAL_FAILURE(round_trip(type, random, encoding));
  }
}

TEST(Abi, HandlesPassThroughTheTable) {
  const Type own = Type::own(3, "thing");
  const Type borrow = Type::borrow(4, "other");
  RandomValues random(1);
  round_trip({{{"a", own}, {"b", borrow}, {"c", Type::list(own)}}, Type::option(own)}, random,
             StringEncoding::kUtf8);
}

TEST(Abi, WideDiscriminantsPassThroughMemory) {
  for (const std::size_t count : {256, 257, 65'536, 65'537}) {
    const Type type = Type::list(Type::enumeration(std::vector<std::string>(count, "same")));
    const FunctionLayout layout = compile({{{"p", type}}, std::nullopt});
    Bytes bytes;
    BinaryWriter writer(bytes);
    for (const std::uint64_t number : {std::uint64_t{2}, std::uint64_t{3}, count - 1}) {
      writer.unsigned_number(number);
    }
    FakeGuest memory(64);
    const ByteSpan piece = bytes;
    const auto lifted = through_parameters(layout, {&piece, 1}, {&memory});
    ASSERT_TRUE(lifted) << lifted.error().message;
    EXPECT_EQ(*lifted, bytes);
  }
}

TEST(Abi, ArgumentsMayComeInPieces) {
  const FunctionType type{{{"state", Type::list(Kind::kU8)},
                           {"events", Type::list(Type::tuple({Kind::kU64, Kind::kString}))}},
                          std::nullopt};
  const Bytes whole = from_hex(
                          "03616263"
                          "02"
                          "05"
                          "0161"
                          "80017f")
                          .value_or(Bytes{});
  const Bytes good = from_hex(
                         "03616263"
                         "02"
                         "05"
                         "0161"
                         "8001"
                         "026262")
                         .value();
  const FunctionLayout layout = compile(type);
  FakeGuest memory(64);
  const GuestSide guest{&memory, nullptr, StringEncoding::kUtf8, kLiftedBytesMax};
  // Every cut between whole scalars; the raw bytes of a list or string stay together.
  const std::vector<ByteSpan> pieces{
      ByteSpan(good).subspan(0, 1), ByteSpan(good).subspan(1, 3), ByteSpan{},
      ByteSpan(good).subspan(4, 1), ByteSpan(good).subspan(5, 3), ByteSpan(good).subspan(8, 2),
      ByteSpan(good).subspan(10)};
  auto lifted = through_parameters(layout, pieces, guest);
  ASSERT_TRUE(lifted) << lifted.error().message;
  EXPECT_EQ(*lifted, good);

  const ByteSpan spoilt = whole;
  EXPECT_FALSE(through_parameters(layout, {&spoilt, 1}, guest));
}

TEST(Abi, JoinedSlotsHoldZeroExtendedBits) {
  const Type joined = Type::variant({{"a", Type(Kind::kF32)},
                                     {"b", Type(Kind::kU64)},
                                     {"c", Type(Kind::kS32)},
                                     {"d", std::nullopt}});
  const FunctionLayout layout = compile({{{"v", joined}}, std::nullopt});
  ASSERT_EQ(layout.export_parameters().size(), 2u);
  EXPECT_EQ(layout.export_parameters()[1], CoreType::kI64);
  const auto lowered = [&](const Value& value) {
    const Bytes bytes = encode(value, joined).value();
    const ByteSpan piece = bytes;
    std::vector<CoreValue> core(2);
    EXPECT_TRUE(lower_arguments(layout, {&piece, 1}, {}, core));
    return core[1].i64;
  };
  EXPECT_EQ(lowered(Value::choice(0, Value(-1.0F))), 0xbf800000);
  EXPECT_EQ(lowered(Value::choice(1, Value(std::uint64_t{1} << 63))), INT64_MIN);
  EXPECT_EQ(lowered(Value::choice(2, Value(-1))), 0xffffffff);
  EXPECT_EQ(lowered(Value::choice(3)), 0);
}

TEST(Abi, LiftingIgnoresBitsAboveTheType) {
  const FunctionLayout layout = compile({{{"a", Kind::kU8},
                                          {"b", Kind::kS16},
                                          {"c", Kind::kBool},
                                          {"d", Type::flags({"x", "y", "z"})}},
                                         std::nullopt});
  std::vector<CoreValue> core(4);
  core[0].i32 = 0x1234;
  core[1].i32 = 0x1ffff;
  core[2].i32 = 0x100;
  core[3].i32 = 0xff;
  Bytes lifted;
  ASSERT_TRUE(lift_arguments(layout, core, {}, lifted));
  EXPECT_EQ(to_hex(lifted), "347f0107");
}

TEST(Abi, LiftingMakesNansCanonical) {
  const FunctionLayout layout =
      compile({{{"a", Kind::kF32}, {"b", Kind::kF64}, {"c", Type::list(Kind::kF32)}}, {}});
  FakeGuest memory(64);
  store_le<std::uint32_t>(&memory.bytes[8], 0xffc00001);
  std::vector<CoreValue> core(4);
  core[0].i32 = 0x7fa00001;
  core[1].i64 = -1;
  core[2].i32 = 8;
  core[3].i32 = 1;
  Bytes lifted;
  ASSERT_TRUE(lift_arguments(layout, core, {&memory}, lifted));
  EXPECT_EQ(to_hex(lifted),
            "0000c07f"
            "000000000000f87f"
            "01"
            "0000c07f");
}

}  // namespace
}  // namespace theater::wasm
