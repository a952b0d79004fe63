// Rests end in the order in which they began, so many in one look; no more than the bound rest;
// when nobody rests there is no timer.
#include "hosts/http_server/rests.h"

#include <gtest/gtest.h>

#include <vector>

#include "host/fake_actor.h"

namespace theater::hosts::http_server {
namespace {

struct RestsTest : testing::Test {
  host::FakeShard shard;
  std::vector<std::uint64_t> over;
  Rests rests{shard.services, [this](std::uint64_t number) { over.push_back(number); }};
};

TEST_F(RestsTest, EndInOrder) {
  EXPECT_TRUE(rests.begin(1));
  shard.executor.advance(kRestTime / 2);
  EXPECT_TRUE(rests.begin(2));
  EXPECT_EQ(shard.executor.timer_count(), 1u);
  shard.executor.advance(kRestTime / 2);
  EXPECT_EQ(over, std::vector<std::uint64_t>{1});
  shard.executor.advance(kRestTime / 2);
  EXPECT_EQ(over, (std::vector<std::uint64_t>{1, 2}));
  EXPECT_TRUE(rests.is_empty());
  EXPECT_EQ(shard.executor.timer_count(), 0u);
}

TEST_F(RestsTest, AreBoundedAndEndInParts) {
  for (std::uint64_t number = 0; number < kRestsMax; ++number) ASSERT_TRUE(rests.begin(number));
  EXPECT_FALSE(rests.begin(kRestsMax));
  shard.executor.advance(kRestTime);
  EXPECT_EQ(over.size(), kRestsEndedMax);
  EXPECT_TRUE(rests.begin(kRestsMax));
  shard.executor.advance(kRestGrain);
  EXPECT_EQ(over.size(), 2 * kRestsEndedMax);
  shard.executor.advance(kRestGrain * (kRestsMax / kRestsEndedMax) + kRestTime);
  EXPECT_EQ(over.size(), kRestsMax + 1);
}

TEST_F(RestsTest, AreForgotten) {
  rests.begin(1);
  rests.clear();
  EXPECT_EQ(shard.executor.timer_count(), 0u);
  shard.executor.advance(kRestTime);
  EXPECT_TRUE(over.empty());
}

}  // namespace
}  // namespace theater::hosts::http_server
