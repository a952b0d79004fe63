// Must hold: strings reach the guest in its encoding with exactly the allocations the specification
// prescribes, and come back; what is not valid in the encoding traps.
#include <gtest/gtest.h>

#include "wasm/abi.h"
#include "wasm/binary_writer.h"
#include "wasm/testing/fake_guest.h"

namespace theater::wasm {
namespace {

using testing::FakeGuest;

constexpr std::uint32_t kTag = 1u << 31;

const FunctionLayout& string_function() {
  static const FunctionLayout kLayout =
      FunctionLayout::compile({{{"s", Kind::kString}}, std::nullopt}).value();
  return kLayout;
}

Bytes binary(std::string_view text) {
  Bytes out;
  BinaryWriter(out).string(text);
  return out;
}

struct Lowered {
  std::uint32_t pointer = 0;
  std::uint32_t units = 0;
};

Lowered lower(FakeGuest& guest, StringEncoding encoding, std::string_view text) {
  const Bytes bytes = binary(text);
  const ByteSpan piece = bytes;
  CoreValue core[2];
  const auto done =
      lower_arguments(string_function(), {&piece, 1}, {&guest, nullptr, encoding}, core);
  EXPECT_TRUE(done) << done.error().message;
  return {static_cast<std::uint32_t>(core[0].i32), static_cast<std::uint32_t>(core[1].i32)};
}

TrapOr<Bytes> lift(FakeGuest& guest, StringEncoding encoding, Lowered string) {
  CoreValue core[2];
  core[0].i32 = static_cast<std::int32_t>(string.pointer);
  core[1].i32 = static_cast<std::int32_t>(string.units);
  Bytes out;
  const auto done = lift_arguments(string_function(), core, {&guest, nullptr, encoding}, out);
  if (!done) return std::unexpected(done.error());
  return out;
}

/// The reallocs a string causes, as "old>new/alignment" in order.
std::string sizes(const FakeGuest& guest) {
  std::string text;
  for (const ReallocRequest& request : guest.requests) {
    if (!text.empty()) text += ' ';
    text += fmt::format("{}>{}/{}", request.old_size, request.new_size, request.alignment);
  }
  return text;
}

struct Row {
  StringEncoding encoding;
  std::string text;
  std::uint32_t units;
  std::string allocations;
  std::string bytes;
};

TEST(AbiString, EachEncodingAllocatesAsSpecified) {
  using enum StringEncoding;
  const std::vector<Row> table{
      {kUtf8, "", 0, "0>0/1", ""},
      {kUtf8, "a\xc3\xa9", 3, "0>3/1", "61c3a9"},
      {kUtf16, "", 0, "0>0/2", ""},
      {kUtf16, "ab", 2, "0>4/2", "61006200"},
      {kUtf16, "a\xc3\xa9", 2, "0>6/2 6>4/2", "6100e900"},
      {kUtf16, "\xf0\x9f\x98\x80", 2, "0>8/2 8>4/2", "3dd800de"},
      {kLatin1Utf16, "", 0, "0>0/2", ""},
      {kLatin1Utf16, "ab", 2, "0>2/2", "6162"},
      {kLatin1Utf16, "a\xc3\xa9\xc3\xbf", 3, "0>5/2 5>3/2", "61e9ff"},
      {kLatin1Utf16, "\xe2\x82\xac", 1 | kTag, "0>3/2 3>6/2 6>2/2", "ac20"},
      {kLatin1Utf16, "a\xc3\xa9\xe2\x82\xac", 3 | kTag, "0>6/2 6>12/2 12>6/2", "6100e900ac20"},
      {kLatin1Utf16, "\xf0\x9f\x98\x80z", 3 | kTag, "0>5/2 5>10/2 10>6/2", "3dd800de7a00"},
  };
  for (const Row& row : table) {
    FakeGuest guest(64);
    const Lowered lowered = lower(guest, row.encoding, row.text);
    EXPECT_EQ(lowered.units, row.units) << row.text;
    EXPECT_EQ(sizes(guest), row.allocations) << row.text;
    const ByteSpan memory = guest.bytes;
    EXPECT_EQ(to_hex(memory.subspan(lowered.pointer, row.bytes.size() / 2)), row.bytes);
    EXPECT_EQ(lift(guest, row.encoding, lowered).value(), binary(row.text));
  }
}

TEST(AbiString, InvalidTextTraps) {
  using enum StringEncoding;
  FakeGuest guest(64);
  const auto put = [&](std::string_view hex) {
    const Bytes raw = from_hex(hex).value();
    std::copy(raw.begin(), raw.end(), guest.bytes.begin() + 8);
    return static_cast<std::uint32_t>(raw.size());
  };
  for (const char* hex : {"ff", "c3", "eda080", "c080", "f4908080", "6180", "e282"}) {
    const std::uint32_t size = put(hex);
    EXPECT_EQ(lift(guest, kUtf8, {8, size}).error().message, "string is not valid UTF-8") << hex;
  }
  for (const char* hex : {"00d8", "00dc", "00d86100", "00dc00d8", "00d800d8"}) {
    const std::uint32_t units = put(hex) / 2;
    EXPECT_EQ(lift(guest, kUtf16, {8, units}).error().message, "string is not valid UTF-16");
    EXPECT_FALSE(lift(guest, kLatin1Utf16, {8, units | kTag}));
    EXPECT_TRUE(lift(guest, kLatin1Utf16, {8, units * 2}));  // Latin-1 has no invalid bytes
  }
}

TEST(AbiString, PlacesAndLengthsAreChecked) {
  using enum StringEncoding;
  FakeGuest guest(64);
  const auto message = [&](StringEncoding encoding, Lowered string) {
    const auto lifted = lift(guest, encoding, string);
    return lifted ? "fine" : lifted.error().message;
  };
  EXPECT_EQ(message(kUtf8, {64, 0}), "fine");
  EXPECT_EQ(message(kUtf8, {65, 0}), "string of 0 bytes at 65 is outside the memory of 64 bytes");
  EXPECT_EQ(message(kUtf8, {1, 64}), "string of 64 bytes at 1 is outside the memory of 64 bytes");
  EXPECT_EQ(message(kUtf8, {0xffffffff, 2}),
            "string of 2 bytes at 4294967295 is outside the memory of 64 bytes");
  EXPECT_EQ(message(kUtf8, {0, 1u << 28}), "string of 268435456 bytes is too long");
  EXPECT_EQ(message(kUtf16, {0, 1u << 27}), "string of 268435456 bytes is too long");
  EXPECT_EQ(message(kUtf16, {0, 0xffffffff}), "string of 8589934590 bytes is too long");
  EXPECT_EQ(message(kUtf16, {3, 0}), "string at 3 is not aligned to 2");
  EXPECT_EQ(message(kUtf16, {62, 2}), "string of 4 bytes at 62 is outside the memory of 64 bytes");
  EXPECT_EQ(message(kLatin1Utf16, {3, 1}), "string at 3 is not aligned to 2");
  EXPECT_EQ(message(kLatin1Utf16, {0, kTag | (1u << 27)}), "string of 268435456 bytes is too long");
  EXPECT_EQ(message(kLatin1Utf16, {0, 1u << 28}), "string of 268435456 bytes is too long");
}

}  // namespace
}  // namespace theater::wasm
