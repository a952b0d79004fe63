// A value comes back from its bytes unchanged, and bytes that no value has are refused.
#include "theater/codec.h"

#include <gtest/gtest.h>

#include <limits>

namespace theater {
namespace {

enum class Colour : std::uint8_t { kRed, kGreen };

struct Point {
  std::int32_t x = 0;
  std::int32_t y = 0;
  friend bool operator==(const Point&, const Point&) = default;
};

struct Everything {
  bool flag = false;
  std::uint8_t small = 0;
  std::uint64_t large = 0;
  std::int64_t negative = 0;
  double real = 0;
  Colour colour = Colour::kRed;
  std::string text;
  Bytes bytes;
  std::vector<Point> points;
  std::map<std::string, std::uint32_t> counts;
  std::set<std::int16_t> set;
  std::optional<Point> maybe;
  std::variant<std::uint32_t, std::string> either;
  std::array<std::uint16_t, 2> pair{};
  std::tuple<bool, std::string> tuple;
  std::deque<bool> bits;
  friend bool operator==(const Everything&, const Everything&) = default;
};

template <class T>
Bytes encoded(const T& value) {
  Writer out;
  encode(out, value);
  return {out.bytes().begin(), out.bytes().end()};
}

template <class T>
std::optional<T> decoded(BytesView bytes) {
  Reader in(bytes);
  T value{};
  decode(in, value);
  if (!in.done()) return std::nullopt;
  return value;
}

TEST(Codec, CountsTheFieldsOfAStruct) {
  EXPECT_EQ(field_count<Point>, 2u);
  EXPECT_EQ(field_count<Everything>, 16u);
}

TEST(Codec, RoundTripsEveryKind) {
  const Everything value{.flag = true,
                         .small = 200,
                         .large = 1ull << 63,
                         .negative = -70000,
                         .real = -2.5,
                         .colour = Colour::kGreen,
                         .text = "a\0b",
                         .bytes = {0, 255},
                         .points = {{1, -2}, {}},
                         .counts = {{"one", 1}, {"two", 2}},
                         .set = {-3, 0, 300},
                         .maybe = Point{7, 8},
                         .either = "right",
                         .pair = {1, 60000},
                         .tuple = {true, "t"},
                         .bits = {true, false}};
  EXPECT_EQ(decoded<Everything>(encoded(value)), value);
  EXPECT_EQ(decoded<Everything>(encoded(Everything{})), Everything{});
}

TEST(Codec, WritesTheDocumentedBytes) {
  EXPECT_EQ(encoded(std::uint32_t{300}), (Bytes{0xac, 0x02}));
  EXPECT_EQ(encoded(std::int32_t{-1}), (Bytes{0x7f}));
  EXPECT_EQ(encoded(std::int32_t{64}), (Bytes{0xc0, 0x00}));
  EXPECT_EQ(encoded(std::string("hi")), (Bytes{2, 'h', 'i'}));
  EXPECT_EQ(encoded(Point{1, 2}), (Bytes{1, 2}));
}

TEST(Codec, HoldsTheLimitsOfIntegers) {
  for (const std::int64_t value : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1},
                                   std::int64_t{63}, std::numeric_limits<std::int64_t>::max()}) {
    EXPECT_EQ(decoded<std::int64_t>(encoded(value)), value);
  }
  const auto most = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(decoded<std::uint64_t>(encoded(most)), most);
  EXPECT_FALSE(decoded<std::uint16_t>(encoded(std::uint32_t{65536})));
  EXPECT_FALSE(decoded<std::int16_t>(encoded(std::int32_t{-40000})));
}

TEST(Codec, RefusesWhatEncodingCannotHaveWritten) {
  EXPECT_FALSE(decoded<bool>(Bytes{2}));
  EXPECT_FALSE(decoded<std::uint32_t>(Bytes{0x80, 0x00}));  // a longer form than needed
  EXPECT_FALSE(decoded<std::int32_t>(Bytes{0xff, 0x7f}));
  EXPECT_FALSE(decoded<std::uint32_t>(Bytes{1, 0}));                      // bytes left over
  EXPECT_FALSE(decoded<std::string>(Bytes{5, 'a'}));                      // cut off
  EXPECT_FALSE(decoded<std::vector<Point>>(Bytes{0xff, 0xff, 0xff, 7}));  // an impossible count
  EXPECT_FALSE((decoded<std::set<std::uint32_t>>(Bytes{2, 9, 9})));       // a key twice
  EXPECT_FALSE((decoded<std::variant<bool, bool>>(Bytes{2, 0})));         // no such case
}

TEST(Codec, RefusesEveryPrefixOfAValue) {
  const Bytes whole = encoded(Everything{.text = "text", .points = {{1, 2}}});
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    EXPECT_FALSE(decoded<Everything>(BytesView(whole).first(bytes))) << bytes;
  }
}

}  // namespace
}  // namespace theater
