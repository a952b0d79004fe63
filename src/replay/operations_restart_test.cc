// The node dies and starts again while operations are under way: each has one last event, delivered
// once, and what is done again is begun when the record of that is durable. Cites CHAIN-1, CHAIN-3.
#include "replay/testing/errander_fixture.h"

#ifdef THEATER_ERRANDER  // the guest needs wasm-tools

namespace theater::replay::testing {
namespace {

using ::testing::HasSubstr;

class OperationsRestartTest : public ErranderFixture {};

TEST_F(OperationsRestartTest, ACrashBetweenRecordAndDeliveryDeliversTheRecord) {
  start();
  tell("run again");
  it().done(1, "once");
  while (store->log().step() == chain::StepOutcome::kWrote) {
  }
  EXPECT_EQ(count("op:done"), 1u);
  EXPECT_EQ(count("recv*"), 0u);
  restart();
  EXPECT_EQ(errands.take(), Lines{}) << "the work is not repeated";
  EXPECT_THAT(state(), HasSubstr("1 ended once;"));
  EXPECT_EQ(count("op:done"), 1u);
  EXPECT_EQ(count("recv*"), 1u);
  check_chain();
  restart();
  EXPECT_EQ(state().find("1 ended once"), state().rfind("1 ended once"));
}

TEST_F(OperationsRestartTest, AnInterruptedDeliveryIsRepeatedUnderItsReference) {
  start();
  tell("run milk");
  it().done(1, "two litres");
  hear("fetch water");  // in the same batch: the invocation waits when the node dies
  settle();
  EXPECT_EQ(count("recv*"), 1u);
  EXPECT_EQ(kinds().back(), "host-req");
  restart();
  EXPECT_EQ(count("recv*"), 2u);
  EXPECT_EQ(errands.take(), Lines{}) << "no errand is run twice";
  EXPECT_THAT(state(), HasSubstr("1 ended two litres;"));
  EXPECT_THAT(state(), HasSubstr("fetch error 10;"));
  check_chain();
  restart();
  EXPECT_EQ(count("recv*"), 2u);
}

TEST_F(OperationsRestartTest, RestartsFollowTheCrashRule) {
  start();
  for (const char* what : {"run milk", "run again", "run attach"}) tell(what);
  tell("run look");  // waits for a slot
  restart();
  EXPECT_EQ(errands.take(), (Lines{"begin 3 attach reattach", "begin 2 again reissue"}));
  EXPECT_THAT(state(), HasSubstr("1 ended error 10;"));
  it().done(2, "twice");
  settle();
  EXPECT_EQ(errands.take(), Lines{"begin 4 look lookup"});
  EXPECT_THAT(state(), HasSubstr("2 ended twice;"));
  EXPECT_EQ(count("op:reissued"), 1u);
  EXPECT_EQ(count("op:interrupted"), 1u);
  restart();
  EXPECT_EQ(errands.begun.at(0).id.value, 3u) << "what has ended stays ended";
  check_chain();
}

TEST_F(OperationsRestartTest, WhatIsDoneAgainWaitsUntilItsRecordIsDurable) {
  start();
  tell("run again");
  come_back();
  shard.executor.run();
  EXPECT_EQ(errands.take(), Lines{}) << "CHAIN-1";
  come_back();  // nobody knows that it was to be done again, and it was not
  settle();
  EXPECT_EQ(errands.begun.at(0).number, 2u);
  EXPECT_EQ(errands.take(), Lines{"begin 1 again reissue"});
  EXPECT_EQ(count("op:reissued"), 1u);
  it().done(1, "twice");
  settle();
  EXPECT_THAT(state(), HasSubstr("1 ended twice;"));
  check_chain();
}

/// The node dies after each append of a run: whatever is durable then, each start that is durable
/// has one last event in the end, and no event comes twice.
TEST_F(OperationsRestartTest, EachPointOfACrash) {
  for (int point = 0; point < 30; ++point) {
    SCOPED_TRACE(point);
    kill_node();
    disk = std::make_unique<io::MemoryDisk>();
    open();
    start();
    int left = point;
    const auto step = [&] {
      if (left == 0) return false;
      --left;
      if (shard.executor.step()) return true;
      return store->log().step() == chain::StepOutcome::kWrote;
    };
    hear("run again");
    while (step()) {
    }
    if (!errands.begun.empty()) it().done(1, "done it");
    while (step()) {
    }
    restart();
    const bool is_started = state().find("run 1;") != std::string::npos;
    if (is_started && state().find("1 ended") == std::string::npos) {
      ASSERT_FALSE(errands.begun.empty());
      it().done(1, "done it");
      settle();
    }
    const std::string end = state();
    EXPECT_EQ(is_started, end.find("1 ended done it;") != std::string::npos) << end;
    EXPECT_EQ(end.find("1 ended"), end.rfind("1 ended")) << end;
    check_chain();
  }
}

}  // namespace
}  // namespace theater::replay::testing

#endif
