// The words go in whole and come back sorted; an interrupted program is run again, a failed one
// not.
#include "actor.cc"

#include <gtest/gtest.h>

#include "theater/testing.h"

namespace {

using theater::testing::Stage;

TEST(Sorter, GivesItsWordsAndLogsThemSorted) {
  Stage<Sorter> stage("b a");
  ASSERT_EQ(stage.host().programs.size(), 1u);
  EXPECT_EQ(stage.host().programs[0].name, "sort");
  EXPECT_EQ(stage.host().programs[0].input, "b\na\n");
  EXPECT_TRUE(stage.host().programs[0].input_ended);
  stage.program_wrote(1, "a\n");
  stage.program_wrote(1, "b\n");
  stage.program_ended(1, 0);
  EXPECT_EQ(stage.host().log.back().text, "sort ended with 0: a b ");
}

TEST(Sorter, RunsAnInterruptedProgramAgain) {
  Stage<Sorter> stage("b a");
  theater::actor::types::Error error{};
  error.code = theater::actor::types::Code::kInterrupted;
  stage.program_ended(1, theater::wit::Failure{error});
  EXPECT_EQ(stage.host().programs.size(), 2u);
  error.code = theater::actor::types::Code::kDeadline;
  stage.program_ended(2, theater::wit::Failure{error});
  EXPECT_EQ(stage.host().programs.size(), 2u);
}

}  // namespace
