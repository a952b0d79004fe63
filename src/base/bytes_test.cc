// Hexadecimal text survives the round trip and bad digits are refused; words are little-endian.
#include "base/bytes.h"

#include <gtest/gtest.h>

namespace theater {
namespace {

TEST(Bytes, HexRoundTrip) {
  Bytes all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<std::uint8_t>(i));
  EXPECT_EQ(*from_hex(to_hex(all)), all);
}

TEST(Bytes, HexRefusesOddLengthAndOtherDigits) {
  EXPECT_FALSE(from_hex("abc"));
  EXPECT_FALSE(from_hex("zz"));
  EXPECT_FALSE(from_hex("0x"));
  EXPECT_TRUE(from_hex("AbCd"));
}

TEST(Bytes, WordsAreLittleEndian) {
  Bytes out;
  append_le<std::uint32_t>(out, 0x01020304);
  EXPECT_EQ(to_hex(out), "04030201");
  EXPECT_EQ(load_le<std::uint32_t>(out.data()), 0x01020304u);
}

}  // namespace
}  // namespace theater
