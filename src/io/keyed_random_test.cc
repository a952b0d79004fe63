// No two fills give the same bytes, whatever their sizes and across new keys, and every bit is set
// about half of the time.
#include "io/keyed_random.h"

#include <gtest/gtest.h>

#include <bit>
#include <set>
#include <string>
#include <vector>

namespace theater::io {
namespace {

TEST(KeyedRandom, NeverGivesTheSameBytesTwice) {
  KeyedRandom one, other;
  std::set<std::string> seen;
  for (std::uint32_t i = 0; i < 2 * KeyedRandom::kFillsMax; ++i) {
    std::string bytes(16, '\0');
    KeyedRandom& random = i % 2 == 0 ? one : other;
    random.fill({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
    EXPECT_TRUE(seen.insert(bytes).second);
  }
}

TEST(KeyedRandom, FillsLongBuffersToTheEndWithBitsOfBothKinds) {
  KeyedRandom random;
  std::vector<std::uint8_t> bytes(100'001);
  random.fill(bytes);
  std::size_t ones = 0;
  for (const std::uint8_t byte : bytes) ones += static_cast<std::size_t>(std::popcount(byte));
  EXPECT_NEAR(static_cast<double>(ones) / (8.0 * 100'001), 0.5, 0.01);
  const std::vector<std::uint8_t> end(bytes.end() - 16, bytes.end());
  EXPECT_NE(end, std::vector<std::uint8_t>(16));
  random.fill({});
}

}  // namespace
}  // namespace theater::io
