// Each of many is looked at once, so many in each task and no more; then it is over, once; one that
// is cancelled, from a look too, or followed by another, ends without that.
#include "host/patrol.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "host/fake_actor.h"

namespace theater::host {
namespace {

struct PatrolTest : testing::Test {
  using Ids = std::vector<std::uint64_t>;
  FakeShard shard;
  Ids seen;
  int overs = 0;
  std::function<void()> act = [] {};
  Patrol patrol{shard.services,
                {[this](std::uint64_t id) {
                   seen.push_back(id);
                   act();
                 },
                 [this] { ++overs; }}};

  static Ids ids(std::size_t count) {
    Ids all(count);
    std::iota(all.begin(), all.end(), 1);
    return all;
  }
};

TEST_F(PatrolTest, LooksAtAllInParts) {
  patrol.begin(ids(2 * kLooksMax + 1));
  EXPECT_EQ(seen.size(), kLooksMax);
  EXPECT_EQ(overs, 0);
  ASSERT_TRUE(shard.executor.step());
  EXPECT_EQ(seen.size(), 2 * kLooksMax);
  ASSERT_TRUE(shard.executor.step());
  EXPECT_FALSE(shard.executor.step());
  EXPECT_EQ(overs, 1);
  std::ranges::sort(seen);
  EXPECT_EQ(seen, ids(2 * kLooksMax + 1));
}

TEST_F(PatrolTest, APartEndsWhenItsTimeIsOver) {
  act = [this] { shard.clock.advance(kTurnTime / 2); };
  patrol.begin(ids(5));
  EXPECT_EQ(seen.size(), 2u);
  shard.executor.run();
  EXPECT_EQ(seen.size(), 5u);
  EXPECT_EQ(overs, 1);
}

TEST_F(PatrolTest, IsOverAtOnceWhereNobodyIs) {
  patrol.begin({});
  EXPECT_EQ(overs, 1);
  EXPECT_EQ(shard.executor.task_count(), 0u);
}

TEST_F(PatrolTest, EndsWhenItIsCancelled) {
  patrol.begin(ids(2 * kLooksMax));
  patrol.cancel();
  shard.executor.run();
  EXPECT_EQ(seen.size(), kLooksMax);
  act = [this] { patrol.cancel(); };
  patrol.begin(ids(3));
  EXPECT_EQ(seen.size(), kLooksMax + 1);
  EXPECT_EQ(overs, 0);
}

TEST_F(PatrolTest, BeginsAnew) {
  patrol.begin(ids(2 * kLooksMax));
  seen.clear();
  patrol.begin(ids(3));
  shard.executor.run();
  std::ranges::sort(seen);
  EXPECT_EQ(seen, ids(3));
  EXPECT_EQ(overs, 1);
}

}  // namespace
}  // namespace theater::host
