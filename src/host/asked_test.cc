// Room is kept for what was called until it is performed, in the order of the calls; what an
// invocation called that does not stand takes none.
#include "host/asked.h"

#include <gtest/gtest.h>

namespace theater::host {
namespace {

struct Ask {
  std::size_t bytes = 0;
};

TEST(Asked, KeepsRoomUntilItIsPerformed) {
  Asked<Ask> asked;
  asked.ask({10});
  asked.ask({20});
  EXPECT_EQ(asked.bytes(), 30u);
  asked.keep();
  EXPECT_EQ(asked.take().bytes, 10u);
  EXPECT_EQ(asked.bytes(), 20u);
  EXPECT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked.take().bytes, 20u);
  EXPECT_EQ(asked.bytes(), 0u);
}

TEST(Asked, ForgetsWhatDoesNotStandAndNoMore) {
  Asked<Ask> asked;
  asked.ask({1});
  asked.keep();
  asked.ask({2});
  asked.ask({4});
  asked.roll_back();
  EXPECT_EQ(asked.bytes(), 1u);
  asked.ask({8});
  asked.keep();
  EXPECT_EQ(asked.take().bytes, 1u);
  EXPECT_EQ(asked.take().bytes, 8u);
}

TEST(AskedDeathTest, NothingIsPerformedThatDoesNotStand) {
  Asked<Ask> asked;
  asked.ask({1});
  EXPECT_DEATH(asked.take(), "CHAIN-2");
}

}  // namespace
}  // namespace theater::host
