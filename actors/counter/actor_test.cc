// Each tick counts once; ticks that were merged are not forgotten.
#include "actor.cc"

#include <gtest/gtest.h>

#include "theater/testing.h"

namespace {

using namespace std::chrono_literals;
using theater::testing::Stage;

TEST(Counter, CountsAndLogsEachTick) {
  Stage<Counter> stage("100");
  stage.advance(100ms);
  stage.advance(250ms);
  ASSERT_EQ(stage.host().log.size(), 2u);
  EXPECT_EQ(stage.host().log[1].text, "count 2");
  EXPECT_EQ(stage.state(), (theater::Bytes{1, 2, 1}));
}

TEST(Counter, HasAPeriodOfOneSecondUnlessTold) {
  Stage<Counter> stage;
  ASSERT_EQ(stage.host().timers.count("count"), 1u);
  EXPECT_EQ(stage.host().timers.find("count")->second.period, 1s);
}

TEST(Counter, RefusesAPeriodItCannotUse) {
  for (const std::string params : {"soon", "10 ms", "-5", "5"}) {
    Stage<Counter> stage(params);
    EXPECT_NE(stage.error(), "") << params;
  }
}

}  // namespace
