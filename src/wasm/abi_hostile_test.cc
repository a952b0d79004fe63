// Must hold: whatever a guest answers or leaves in its memory, a call ends in a value or in a trap
// that says why; and binary that is not canonical never reaches a guest as a value.
#include <gtest/gtest.h>

#include "wasm/abi.h"
#include "wasm/binary.h"
#include "wasm/testing/fake_guest.h"
#include "wasm/testing/random_value.h"

namespace theater::wasm {
namespace {

using testing::FakeGuest;
using testing::FakeHandles;
using testing::RandomValues;

constexpr const char* kFine = "fine";

FunctionLayout takes(const Type& type) {
  return FunctionLayout::compile({{{"p", type}}, std::nullopt}).value();
}
FunctionLayout answers(const Type& type) { return FunctionLayout::compile({{}, type}).value(); }

CoreValue i32(std::uint32_t number) {
  CoreValue value{};
  value.i32 = static_cast<std::int32_t>(number);
  return value;
}

std::string lower_message(const FunctionLayout& layout, GuestSide guest, std::string_view hex) {
  const Bytes bytes = from_hex(hex).value();
  const ByteSpan piece = bytes;
  std::vector<CoreValue> core(layout.export_parameters().size());
  const auto done = lower_arguments(layout, {&piece, 1}, guest, core);
  return done ? kFine : done.error().message;
}

std::string lift_message(const FunctionLayout& layout, GuestSide guest,
                         std::vector<CoreValue> core) {
  Bytes out;
  const auto done = lift_arguments(layout, core, guest, out);
  return done ? kFine : done.error().message;
}

TEST(AbiHostile, ReallocAnswersAreChecked) {
  const FunctionLayout list = takes(Type::list(Kind::kU64));
  FakeGuest guest(64);
  const GuestSide side{&guest};
  const auto answer = [&](std::uint32_t pointer) {
    guest.answer = [pointer](const ReallocRequest&) { return pointer; };
    return lower_message(list, side, "020102");
  };
  guest.bytes.resize(128);
  EXPECT_EQ(answer(112), kFine);
  EXPECT_EQ(answer(12), "list at 12 is not aligned to 8");
  EXPECT_EQ(answer(120), "list of 16 bytes at 120 is outside the memory of 128 bytes");
  EXPECT_EQ(answer(0xfffffff8),
            "list of 16 bytes at 4294967288 is outside the memory of 128 bytes");
  const FunctionLayout spilled = takes(Type::tuple(std::vector<Type>(17, Kind::kU8)));
  guest.answer = [](const ReallocRequest&) { return 120u; };
  EXPECT_EQ(lower_message(spilled, side, "0000000000000000000000000000000000"),
            "parameter area of 17 bytes at 120 is outside the memory of 128 bytes");
  guest.answer = [](const ReallocRequest&) -> TrapOr<std::uint32_t> {
    return std::unexpected(Trap{TrapKind::kUnreachable, "guest said no", {}});
  };
  EXPECT_EQ(lower_message(list, side, "020102"), "guest said no");
}

TEST(AbiHostile, TheMemoryMustNotShrink) {
  FakeGuest guest(64);
  guest.answer = [&](const ReallocRequest&) {
    guest.bytes.resize(32);
    return 8u;
  };
  EXPECT_EQ(lower_message(takes(Kind::kString), {&guest}, "0161"), "the guest memory has shrunk");
}

TEST(AbiHostile, ReallocMayReturnTheSamePlaceTwice) {
  FakeGuest guest(64);
  guest.answer = [](const ReallocRequest&) { return 16u; };
  EXPECT_EQ(lower_message(takes(Type::list(Type::list(Type::list(Kind::kString)))), {&guest},
                          "02"
                          "01020161"
                          "0162"
                          "01010163"),
            kFine);
}

TEST(AbiHostile, PointersAreChecked) {
  FakeGuest guest(64);
  const GuestSide side{&guest};
  const FunctionLayout list = takes(Type::list(Kind::kU32));
  EXPECT_EQ(lift_message(list, side, {i32(64), i32(0)}), kFine);
  EXPECT_EQ(lift_message(list, side, {i32(68), i32(0)}),
            "list of 0 bytes at 68 is outside the memory of 64 bytes");
  EXPECT_EQ(lift_message(list, side, {i32(2), i32(0)}), "list at 2 is not aligned to 4");
  EXPECT_EQ(lift_message(list, side, {i32(48), i32(5)}),
            "list of 20 bytes at 48 is outside the memory of 64 bytes");
  EXPECT_EQ(lift_message(list, side, {i32(0), i32(0xffffffff)}),
            "list of 17179869180 bytes is too long");
  EXPECT_EQ(lift_message(list, side, {i32(0), i32(1u << 26)}),
            "list of 268435456 bytes is too long");
  EXPECT_EQ(lift_message(list, side, {i32(0xfffffffc), i32(1)}),
            "list of 4 bytes at 4294967292 is outside the memory of 64 bytes");
  const FunctionLayout spilled = takes(Type::tuple(std::vector<Type>(17, Kind::kU32)));
  EXPECT_EQ(lift_message(spilled, side, {i32(0)}),
            "spilled values of 68 bytes at 0 is outside the memory of 64 bytes");
  EXPECT_EQ(lift_message(spilled, side, {i32(1)}), "spilled values at 1 is not aligned to 4");
}

TEST(AbiHostile, ResultPointersAreChecked) {
  FakeGuest guest(64);
  const FunctionLayout layout = answers(Kind::kString);
  const auto message = [&](std::uint32_t pointer) {
    const CoreValue core = i32(pointer);
    const auto done = lower_result(layout, Bytes{1, 'a'}, {&guest}, {{&core, 1}, {}});
    return done ? kFine : done.error().message;
  };
  EXPECT_EQ(message(56), kFine);
  guest.bytes.resize(64);
  EXPECT_EQ(message(60), "result area of 8 bytes at 60 is outside the memory of 64 bytes");
  EXPECT_EQ(message(2), "result area at 2 is not aligned to 4");
  Bytes out;
  const CoreValue core = i32(60);
  EXPECT_EQ(lift_result(layout, {&core, 1}, {&guest}, out).error().kind, TrapKind::kAbi);
}

TEST(AbiHostile, BadDiscriminantsAndCharactersTrap) {
  const FunctionLayout choice = takes(Type::enumeration({"a", "b"}));
  EXPECT_EQ(lift_message(choice, {}, {i32(1)}), kFine);
  EXPECT_EQ(lift_message(choice, {}, {i32(2)}), "discriminant 2 of 2 cases");
  EXPECT_EQ(lift_message(choice, {}, {i32(0x100)}), "discriminant 256 of 2 cases");
  const FunctionLayout option = takes(Type::option(Kind::kU8));
  EXPECT_EQ(lift_message(option, {}, {i32(2), i32(0)}), "discriminant 2 of 2 cases");
  const FunctionLayout letter = takes(Kind::kChar);
  EXPECT_EQ(lift_message(letter, {}, {i32(0x10ffff)}), kFine);
  EXPECT_EQ(lift_message(letter, {}, {i32(0x110000)}), "0x110000 is no Unicode scalar value");
  EXPECT_EQ(lift_message(letter, {}, {i32(0xd800)}), "0xd800 is no Unicode scalar value");
  EXPECT_EQ(lift_message(letter, {}, {i32(0xdfff)}), "0xdfff is no Unicode scalar value");
  FakeGuest guest(64);
  guest.bytes[8] = 7;
  EXPECT_EQ(lift_message(takes(Type::list(Type::option(Kind::kU8))), {&guest}, {i32(8), i32(1)}),
            "discriminant 7 of 2 cases");
}

TEST(AbiHostile, UnknownHandlesTrap) {
  FakeHandles handles;
  const GuestSide side{nullptr, &handles};
  const FunctionLayout own = takes(Type::own(1, "thing"));
  EXPECT_EQ(lift_message(own, side, {i32(1)}), "unknown handle");
  ASSERT_EQ(lower_message(own, side, "07"), kFine);
  EXPECT_EQ(lift_message(takes(Type::own(2, "other")), side, {i32(1)}), "unknown handle");
  EXPECT_EQ(lift_message(takes(Type::borrow(1, "thing")), side, {i32(1)}), kFine);
  EXPECT_EQ(lift_message(own, side, {i32(1)}), kFine);
  EXPECT_EQ(lift_message(own, side, {i32(1)}), "unknown handle");
}

/// A guest may list the same memory over and over: 64 KiB that stand for 2^52 bytes.
TEST(AbiHostile, AmplificationIsBounded) {
  FakeGuest guest(1 << 16);
  const std::uint32_t pair[2] = {0, (1 << 16) / 8};
  for (std::size_t at = 0; at < guest.bytes.size(); at += 8) {
    std::memcpy(&guest.bytes[at], pair, sizeof pair);
  }
  Type type = Kind::kU8;
  for (int depth = 0; depth < 4; ++depth) type = Type::list(type);
  EXPECT_EQ(lift_message(takes(type), {&guest, nullptr, StringEncoding::kUtf8, 1 << 20},
                         {i32(0), i32(1 << 13)}),
            "the values of one call are too large");
}

TEST(AbiHostile, AmplificationOfStringsIsBounded) {
  FakeGuest guest(1 << 16);
  std::fill(guest.bytes.begin(), guest.bytes.end(), 0);
  for (std::size_t at = 0; at < 1 << 10; at += 8) guest.bytes[at + 5] = 0x20;  // 8 KiB at 0
  const GuestSide side{&guest, nullptr, StringEncoding::kUtf8, 1 << 20};
  EXPECT_EQ(lift_message(takes(Type::list(Kind::kString)), side, {i32(0), i32(8)}), kFine);
  EXPECT_EQ(lift_message(takes(Type::list(Kind::kString)), side, {i32(0), i32(128)}),
            "the values of one call are too large");
}

TEST(AbiHostile, ARefusingHandleTableEndsTheCall) {
  class Full : public FakeHandles {
    TrapOr<std::uint32_t> lower_own(std::uint32_t, std::uint64_t) override {
      return std::unexpected(Trap{TrapKind::kResource, "table is full", {}});
    }
  } handles;
  EXPECT_EQ(lower_message(takes(Type::own(1, "thing")), {nullptr, &handles}, "07"),
            "table is full");
}

TEST(AbiHostile, AFunctionWithoutPortsTrapsWhenItNeedsThem) {
  EXPECT_EQ(lower_message(takes(Kind::kString), {}, "0161"), "the function has no memory");
  EXPECT_EQ(lift_message(takes(Kind::kString), {}, {i32(0), i32(1)}),
            "string of 1 bytes at 0 is outside the memory of 0 bytes");
  EXPECT_EQ(lower_message(takes(Type::own(0, "x")), {}, "01"), "the function has no handle table");
  EXPECT_EQ(lift_message(takes(Type::own(0, "x")), {}, {i32(1)}),
            "the function has no handle table");
}

TEST(AbiHostile, OversizedListsAreRefusedBeforeTheyReachTheGuest) {
  FakeGuest guest(64);
  const Type fat = Type::tuple(std::vector<Type>(1000, Type::option(Kind::kU64)));
  const Bytes bytes = [] {
    Bytes made;
    BinaryWriter(made).unsigned_number(20'000);
    made.resize(made.size() + std::size_t{20'000} * 1000, 0);  // all none
    return made;
  }();
  const FunctionLayout layout = takes(Type::list(fat));
  const ByteSpan piece = bytes;
  std::vector<CoreValue> core(2);
  const auto done = lower_arguments(layout, {&piece, 1}, {&guest}, core);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "list is longer than the canonical ABI allows");
  EXPECT_EQ(done.error().kind, TrapKind::kHost);
  EXPECT_TRUE(guest.requests.empty());
}

/// Lowering refuses exactly what validate refuses.
TEST(AbiHostile, MalformedBinaryIsRefused) {
  for (std::uint64_t seed = 1; seed <= 5000; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    RandomValues random(seed);
    const FunctionType type = random.function(4);
    Bytes bytes = encode_arguments(random.arguments(type), type).value();
    if (bytes.size() > 1 && random.below(4) == 0) bytes.resize(random.below(bytes.size()));
    for (std::uint64_t changes = random.below(3); changes > 0 && !bytes.empty(); --changes) {
      bytes[random.below(bytes.size())] ^= static_cast<std::uint8_t>(1 << random.below(8));
    }
    FakeGuest guest(64);
    const FunctionLayout layout = FunctionLayout::compile(type).value();
    std::vector<CoreValue> core(layout.export_parameters().size());
    const ByteSpan piece = bytes;
    const auto done = lower_arguments(layout, {&piece, 1}, {&guest}, core);
    ASSERT_EQ(done.has_value(), validate_arguments(bytes, type).has_value()) << to_wit(type);
    if (!done) {
      ASSERT_EQ(done.error().kind, TrapKind::kHost);
    }
  }
}

/// Whatever lies in memory, lifting ends, and what it lifts is canonical.
TEST(AbiHostile, RandomMemoryLiftsCanonicallyOrTraps) {
  int lifted_count = 0;
  for (std::uint64_t seed = 1; seed <= 5000; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    RandomValues random(seed);
    const FunctionType type = random.function(4);
    const FunctionLayout layout = FunctionLayout::compile(type).value();
    FakeGuest guest(256);
    for (auto& byte : guest.bytes)
      byte = static_cast<std::uint8_t>(random.below(4) * random.below(9));
    std::vector<CoreValue> core(layout.import_parameters().size());
    for (CoreValue& value : core) value.i64 = static_cast<std::int64_t>(random.below(5) * 16);
    Bytes lifted;
    const auto encoding = static_cast<StringEncoding>(random.below(3));
    const auto done = lift_arguments(layout, core, {&guest, nullptr, encoding, 1 << 16}, lifted);
    if (!done) continue;
    ++lifted_count;
    const auto valid = validate_arguments(lifted, type);
    ASSERT_TRUE(valid) << valid.error().message << " " << to_wit(type);
  }
  EXPECT_GT(lifted_count, 200);
}

}  // namespace
}  // namespace theater::wasm
