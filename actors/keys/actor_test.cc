// Raw mode is set at the first size and again after a restart; keys are counted and shown in a
// readable form; q ends it.
#include "actor.cc"

#include <gtest/gtest.h>

#include "theater/testing.h"

namespace {

using theater::actor::terminal_types::Payload;
using theater::testing::Stage;

TEST(Keys, DrawsInRawModeAndCounts) {
  Stage<Keys> stage;
  EXPECT_FALSE(stage.host().screen_is_raw);
  stage.terminal(Payload::make_resized({80, 24}));
  EXPECT_TRUE(stage.host().screen_is_raw);
  EXPECT_NE(stage.host().screen.find("80 x 24"), std::string::npos);
  stage.keys("a");
  stage.keys("\x1b[A");
  EXPECT_TRUE(stage.host().screen.ends_with("\x1b[1mkey 4: <1b>[A\x1b[0m"));
  EXPECT_FALSE(stage.host().stopped);
  stage.keys("q");
  EXPECT_TRUE(stage.host().stopped);
}

TEST(Keys, SetsRawModeAgainAfterARestart) {
  Stage<Keys> stage;
  stage.terminal(Payload::make_interrupted());
  stage.terminal(Payload::make_resized({20, 10}));
  EXPECT_TRUE(stage.host().screen_is_raw);
}

}  // namespace
