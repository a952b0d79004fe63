// Every face can fall and no other; the sides are those of the environment at birth.
#include "actor.cc"

#include <gtest/gtest.h>

#include <set>

#include "theater/testing.h"

namespace {

using namespace std::chrono_literals;
using theater::testing::Stage;

TEST(Dice, RollsEveryFaceAndNoOther) {
  Stage<Dice> stage("100");
  for (int i = 0; i < 200; ++i) stage.advance(100ms);
  ASSERT_EQ(stage.host().log.size(), 200u);
  std::set<std::string> faces;
  for (const auto& line : stage.host().log) faces.insert(line.text.substr(0, 9));
  EXPECT_EQ(faces, (std::set<std::string>{"rolled 1 ", "rolled 2 ", "rolled 3 ", "rolled 4 ",
                                          "rolled 5 ", "rolled 6 "}));
}

TEST(Dice, HasAsManySidesAsTheEnvironmentSays) {
  theater::testing::FakeHost host;
  host.variables["DICE_SIDES"] = "2";
  EXPECT_EQ(Dice().init({}).value().element0[1], 2);
  host.variables["DICE_SIDES"] = "none";
  EXPECT_FALSE(Dice().init({}).ok());
}

TEST(Dice, RefusesAPeriodItCannotUse) {
  for (const std::string params : {"soon", "-5", "5", "0"}) {
    Stage<Dice> stage(params);
    EXPECT_NE(stage.error(), "") << params;
  }
}

}  // namespace
