// A text is valid exactly if it is one scalar value behind another, however long it is and wherever
// in it something is wrong.
#include "wasm/utf8.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace theater::wasm {
namespace {

bool is_valid_by_scalars(ByteSpan text) {
  for (std::size_t at = 0; at < text.size();) {
    const DecodedScalar decoded = decode_scalar(text.data() + at, text.data() + text.size());
    if (decoded.length == 0) return false;
    at += decoded.length;
  }
  return true;
}

/// Whether both agree; the text lies in memory that ends with it.
bool agrees(const Bytes& text) { return is_valid_utf8(text) == is_valid_by_scalars(text); }

Bytes long_text(std::string_view piece, std::size_t size) {
  std::string text;
  while (text.size() < size) text += piece;
  return to_bytes(as_bytes(text));
}

TEST(Utf8, EveryPairOfBytesInALongText) {
  Bytes text = long_text("\xc3\xa4 \xe2\x82\xac", 200);
  ASSERT_TRUE(is_valid_utf8(text));
  for (const std::size_t at : {std::size_t{0}, std::size_t{5}, std::size_t{100}, text.size() - 2}) {
    for (std::uint32_t pair = 0; pair < 65'536; ++pair) {
      Bytes changed = text;
      changed[at] = static_cast<std::uint8_t>(pair >> 8);
      changed[at + 1] = static_cast<std::uint8_t>(pair);
      ASSERT_TRUE(agrees(changed)) << at << ": " << pair;
    }
  }
}

TEST(Utf8, EdgesOfEachLengthWhereverTheyStand) {
  for (const char32_t scalar :
       {0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff}) {
    std::uint8_t piece[4];
    const std::size_t length = encode_scalar(scalar, piece);
    for (std::size_t before = 0; before < 70; ++before) {
      Bytes text(before, 'a');
      append(text, ByteSpan(piece, length));
      for (std::size_t behind : {0, 1, 40}) {
        Bytes whole = text;
        whole.resize(whole.size() + behind, 'z');
        ASSERT_TRUE(is_valid_utf8(whole)) << static_cast<std::uint32_t>(scalar) << " " << before;
      }
      for (std::size_t cut = 1; cut < length; ++cut) {
        ASSERT_FALSE(is_valid_utf8(ByteSpan(text).first(text.size() - cut))) << before;
      }
    }
  }
}

TEST(Utf8, RandomHarmToLongTexts) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const Bytes text = long_text("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x8e\xad plain text ", 9000);
  ASSERT_TRUE(is_valid_utf8(text));
  for (int i = 0; i < 3000; ++i) {
    Bytes changed = text;
    changed.resize(random() % text.size());
    for (std::uint64_t left = random() % 3; left > 0 && !changed.empty(); --left) {
      changed[random() % changed.size()] = static_cast<std::uint8_t>(random());
    }
    ASSERT_TRUE(agrees(changed));
  }
}

}  // namespace
}  // namespace theater::wasm
