// A restart continues exactly where the durable events end: state, ids, live resources, unfinished
// inputs; never an effect twice, never an input lost.
#include <gmock/gmock.h>

#include "actor/testing/actor_fixture.h"

namespace theater::actor::testing {
namespace {

using ::testing::ElementsAre;

class RestoreTest : public ActorFixture {};

TEST_F(RestoreTest, ContinuesSeqStateAndIds) {
  start();
  script.push(1, "+m");
  settle();
  const ActorStatus before = actor->status();
  ASSERT_TRUE(crash_and_open());
  settle();
  EXPECT_EQ(started, std::vector<std::string>{""});
  EXPECT_EQ(state(), "+");
  EXPECT_EQ(log.events()[before.next_seq.value].record.link.previous, before.head);
  EXPECT_EQ(kinds(before.next_seq.value), "lifecycle lifecycle activate") << "crash, start";
  script.push(1, "m");
  settle();
  EXPECT_EQ(std::get<std::uint64_t>(last().outputs.at(0).target), 2u) << "ids are not reused";
}

TEST_F(RestoreTest, FamiliesFoldTheirHistoryInOrderThenRecover) {
  start();
  script.push(4, "em");
  settle();
  script.push(5, "et");
  settle();
  ASSERT_TRUE(crash_and_open());
  EXPECT_THAT(script.trace, ElementsAre("fold event 4", "fold effect 4", "fold mint 1",
                                        "fold event 5", "recover"));
}

/// What a family finds at its start may have to be recorded, and the disk may be full.
TEST_F(RestoreTest, WhatCannotBeRecordedWhileAFamilyRecoversRefusesTheStart) {
  start();
  script.on_recover = [&] {
    log.fail();
    script.port->record_operation(
        {set.infos().front(), {1}, chain::OperationPhase::kReissued, 2, {}});
    log.mend();
    return Status();
  };
  const Status opened = crash_and_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().message, "the disk is gone");
  EXPECT_EQ(started, std::vector<std::string>{"the disk is gone"});
  EXPECT_EQ(ended, 1);
  settle();
  EXPECT_EQ(script.count("recover"), 1u);
}

TEST_F(RestoreTest, AnUnfinishedInvocationIsClosedAndItsInputsReturn) {
  start();
  script.push(7, "w+e");
  script.push(8, "+");
  executor.run();
  const std::size_t recv = log.events().size() - 2;
  log.make_durable({recv + 1});  // the recv, not the host-req
  ASSERT_TRUE(crash_and_open());
  settle();
  ASSERT_EQ(log.events()[recv + 1].record.kind, chain::Kind::kTrap);
  EXPECT_EQ(std::get<chain::TrapBody>(log.events()[recv + 1].record.body).reason,
            chain::TrapReason::kInterrupted);
  EXPECT_EQ(kinds(recv), "recv trap lifecycle lifecycle activate recv host-req");
  const store::StoredEvent& again = log.events()[log.events().size() - 2];
  EXPECT_EQ(std::get<chain::RepeatBody>(again.record.body).first.value, recv);
  EXPECT_EQ(again.inputs.size(), 2u);
  EXPECT_EQ(script.count("fold event"), 2u) << "folded once";
}

TEST_F(RestoreTest, ARunThatOnlyReadIsRepeatedWithItsRequests) {
  set.info().calls[kWait].asking = Asking::kAgain;
  start();
  script.push(7, "w+");
  script.push(8, "+");
  settle();
  const std::size_t recv = log.events().size() - 2;
  ASSERT_EQ(kinds(recv), "recv host-req");
  ASSERT_TRUE(crash_and_open());
  settle();
  EXPECT_EQ(kinds(recv), "recv host-req trap lifecycle lifecycle activate recv host-req");
  script.port->answer_wait(script.waits.back(), Bytes{'A'});
  settle();
  EXPECT_EQ(state(), "A++");
}

TEST_F(RestoreTest, ARequestIsMadeOnceAndTheEventsBesideItReturn) {
  start();
  script.push(7, "w+");
  script.push(8, "+");
  settle();
  const std::size_t recv = log.events().size() - 2;
  ASSERT_EQ(kinds(recv), "recv host-req");
  script.waits.clear();
  ASSERT_TRUE(crash_and_open());
  settle();
  EXPECT_EQ(kinds(recv), "recv host-req trap lifecycle lifecycle activate recv host-call commit");
  EXPECT_EQ(state(), "?++") << "its answer says that nobody knows";
  EXPECT_TRUE(script.waits.empty());
  script.push(9, "w");
  settle();
  EXPECT_EQ(script.waits.size(), 1u) << "one that was not made before";
}

TEST_F(RestoreTest, RequestsAreCountedOverEveryRunOfTheirEvents) {
  start();
  script.push(7, "ww+w");
  settle();
  const std::size_t recv = log.events().size() - 2;
  script.port->answer_wait(script.waits.at(0), Bytes{'A'});
  settle();
  ASSERT_EQ(kinds(recv), "recv host-req host-res host-req");
  ASSERT_TRUE(crash_and_open());
  settle();
  ASSERT_EQ(kinds(recv + 8), "recv host-call host-call host-req");
  ASSERT_TRUE(crash_and_open());
  settle();
  EXPECT_EQ(kinds(recv + 16), "recv host-call host-call host-call commit");
  EXPECT_EQ(state(), "??+?");
  const std::size_t end = log.events().size();
  ASSERT_TRUE(crash_and_open());
  settle();
  EXPECT_EQ(kinds(end), "lifecycle lifecycle activate") << "it is settled";
}

TEST_F(RestoreTest, ARepeatedBatchWithARequestIsNotSplit) {
  start();
  script.push(7, "w");
  script.push(8, "x");
  settle();
  const std::size_t recv = log.events().size() - 2;
  ASSERT_TRUE(crash_and_open());
  settle();
  const std::string_view told =
      "recv host-req trap lifecycle lifecycle activate recv host-call trap";
  EXPECT_EQ(kinds(recv), told) << "apart, the first would make its request again";
  const std::size_t end = log.events().size();
  ASSERT_TRUE(crash_and_open());
  settle();
  EXPECT_EQ(kinds(end), "lifecycle lifecycle activate");
}

TEST_F(RestoreTest, ABatchThatOnlyReadIsSplitWhenItFails) {
  set.info().calls[kWait].asking = Asking::kAgain;
  start();
  script.push(7, "w");
  script.push(8, "x");
  settle();
  const std::size_t recv = log.events().size() - 2;
  script.port->answer_wait(script.waits.at(0), Bytes{'A'});
  settle();
  EXPECT_EQ(kinds(recv), "recv host-req host-res trap recv host-req");
  script.port->answer_wait(script.waits.at(1), Bytes{'B'});
  settle();
  EXPECT_EQ(kinds(recv + 4), "recv host-req host-res commit recv trap");
  EXPECT_EQ(state(), "B");
}

TEST_F(RestoreTest, WhatAnEarlierBuildGaveUpIsNotDeliveredLongAfter) {
  start();
  script.push(7, "w");
  settle();
  ASSERT_TRUE(crash_and_open());
  settle();
  ASSERT_EQ(kinds(log.events().size() - 3), "recv host-call commit");
  log.edit(log.events().size() - 3).record.body = {};  // not a repetition: new events
  const std::size_t end = log.events().size();
  ASSERT_TRUE(crash_and_open());
  settle();
  EXPECT_EQ(kinds(end), "lifecycle lifecycle activate");
}

/// The node dies after every event in turn. What was recorded is delivered, exactly once; effects
/// of what was not committed never happen.
TEST(Restore, EachPointOfACrash) {
  std::size_t events = 6;
  for (std::size_t point = 5; point <= events; ++point) {
    SCOPED_TRACE(point);
    ActorWorld world;
    world.start();
    world.script.push(1, "+e");
    world.executor.run();
    world.script.push(2, "r+");
    world.script.push(3, "x");
    world.executor.run();
    events = world.log.events().size();
    std::size_t inputs = 0;
    for (std::size_t i = 5; i < point; ++i) {
      const auto& event = world.log.events()[i];
      const bool is_new = !std::holds_alternative<chain::RepeatBody>(event.record.body);
      if (event.record.kind == chain::Kind::kReceive && is_new) inputs += event.inputs.size();
    }
    world.log.make_durable({point});
    ASSERT_TRUE(world.crash_and_open());
    world.settle();
    EXPECT_EQ(world.started, std::vector<std::string>{""});
    const std::size_t lengths[] = {0, 1, 1, 3};
    EXPECT_EQ(world.state().size(), lengths[inputs]) << world.kinds();
    const bool performed_here = point < 7;  // the commit of the first event came after the crash
    EXPECT_EQ(world.script.count("perform effect 1"), inputs >= 1 && performed_here ? 1u : 0u);
    for (std::size_t i = 0; i < world.log.events().size(); ++i) {
      EXPECT_EQ(world.log.events()[i].record.link.seq.value, i);
    }
  }
}

TEST_F(RestoreTest, ABatchHalfRedeliveredGoesOnWithTheRest) {
  start();
  script.push(1, "+");
  script.push(2, "x");
  script.push(3, "+");
  executor.run();
  ASSERT_EQ(kinds(5), "recv trap recv commit recv trap recv commit");
  log.make_durable({9});  // up to the first event's commit
  ASSERT_TRUE(crash_and_open());
  settle();
  EXPECT_EQ(kinds(9), "lifecycle lifecycle activate recv trap recv commit");
  EXPECT_EQ(state(), "++");
}

TEST_F(RestoreTest, AnUnfinishedInitIsRunAgain) {
  ASSERT_TRUE(create());
  log.make_durable({2});
  ASSERT_TRUE(crash_and_open());
  settle();
  EXPECT_EQ(kinds(), "genesis lifecycle lifecycle lifecycle activate recv commit");
  EXPECT_EQ(started, std::vector<std::string>{""});
}

constexpr std::string_view kRestarting =
    "name = \"p\"\ncomponent = \"x\"\non_error = \"restart\"\n[grants.probe]\n"
    "[supervision]\nintensity = 2\nbackoff_min = \"100ms\"\n";

/// An actor whose start delivers again what the node died in, and fails at it.
class FailedRedelivery : public RestoreTest {
 protected:
  void cut_off(std::string_view on_error, std::initializer_list<std::string_view> events) {
    manifest_text = kRestarting;
    manifest_text.replace(manifest_text.find("restart"), 7, on_error);
    start();
    for (const std::string_view commands : events) script.push(1, commands);
    executor.run();
    log.make_durable({6});  // the recv
    ASSERT_TRUE(crash_and_open());
    executor.run();
  }
};

TEST_F(FailedRedelivery, IsToldAsStartedIfItIsKept) {
  cut_off("keep", {"x"});
  EXPECT_EQ(started, std::vector<std::string>{""});
  EXPECT_EQ(actor->status().phase, Phase::kRunning);
}

TEST_F(FailedRedelivery, IsToldAsStartedAfterItsBackOff) {
  cut_off("restart", {"x"});
  EXPECT_EQ(actor->status().phase, Phase::kRestarting);
  EXPECT_TRUE(started.empty()) << "it does not run";
  executor.advance(Milliseconds(100));
  EXPECT_EQ(started, std::vector<std::string>{""});
  EXPECT_EQ(actor->status().phase, Phase::kRunning);
  script.push(1, "x");
  settle();
  executor.advance(Milliseconds(200));
  EXPECT_EQ(actor->status().phase, Phase::kRunning);
  EXPECT_EQ(started.size(), 1u) << "a restart while it runs is no start";
  EXPECT_EQ(ended, 0);
}

TEST_F(RestoreTest, IsToldAsStartedBeforeWhatIsNewWaits) {
  start();
  settle();
  script.on_recover = [&] {
    script.push(1, "w");
    return Status();
  };
  ASSERT_TRUE(crash_and_open());
  settle();
  EXPECT_EQ(script.waits.size(), 1u);
  EXPECT_EQ(started, std::vector<std::string>{""});
  EXPECT_EQ(actor->status().phase, Phase::kRunning);
}

TEST_F(FailedRedelivery, IsToldOnceThoughSeveralFail) {
  cut_off("restart", {"x", "x", "+"});
  executor.advance(Milliseconds(100));
  EXPECT_EQ(actor->status().phase, Phase::kRestarting);
  EXPECT_TRUE(started.empty()) << "inputs of the run before are left";
  executor.advance(Milliseconds(200));
  EXPECT_EQ(started, std::vector<std::string>{""});
  EXPECT_EQ(state(), "+");
}

TEST_F(FailedRedelivery, IsAFailedStartIfItEndsTheActor) {
  for (const std::string_view on_error : {"stop", "restart"}) {
    ActorWorld world;
    world.manifest_text = kRestarting;
    world.manifest_text.replace(world.manifest_text.find("restart"), 7, on_error);
    if (on_error == "restart") {
      world.manifest_text.replace(world.manifest_text.find("intensity = 2"), 13, "intensity = 0");
    }
    world.start();
    world.script.push(1, "x");
    world.executor.run();
    world.log.make_durable({6});
    world.ended = 0;
    ASSERT_TRUE(world.crash_and_open());
    world.settle();
    EXPECT_EQ(world.actor->status().phase, Phase::kFailed) << on_error;
    ASSERT_EQ(world.started.size(), 1u);
    EXPECT_NE(world.started[0], "");
    EXPECT_EQ(world.ended, 1);
  }
}

TEST_F(FailedRedelivery, IsToldAsStoppedIfAStopMeetsItsBackOff) {
  cut_off("restart", {"x", "+"});
  actor->stop();
  settle();
  EXPECT_EQ(actor->status().phase, Phase::kStopped);
  EXPECT_EQ(started, std::vector<std::string>{"p was stopped before it ran"});
  EXPECT_EQ(ended, 1);
  executor.advance(std::chrono::seconds(10));
  EXPECT_EQ(started.size() + static_cast<std::size_t>(ended), 2u);
}

TEST_F(RestoreTest, AnActorThatIsNeverIdleIsToldAsStarted) {
  ASSERT_TRUE(create());
  started.clear();
  script.push(1, "r");
  for (int turn = 0; turn < 20; ++turn) {
    executor.step();
    script.push(1, "r");
  }
  EXPECT_EQ(started, std::vector<std::string>{""});
}

TEST_F(RestoreTest, ACleanStopIsNoCrash) {
  start();
  actor->stop();
  settle();
  const std::size_t before = log.events().size();
  ASSERT_TRUE(crash_and_open());
  settle();
  EXPECT_EQ(kinds(before), "lifecycle activate");
}

TEST_F(RestoreTest, AChangedManifestOrComponentIsAnUpgrade) {
  start();
  script.push(1, "+");
  settle();
  manifest_text += "[mailbox]\nbatch = 3\n";
  std::size_t before = log.events().size();
  ASSERT_TRUE(crash_and_open());
  settle();
  EXPECT_EQ(kinds(before), "lifecycle upgrade lifecycle activate");
  wasm = probe_wasm("1040) \"asked to fail", "1040) \"asked to FAIL");
  before = log.events().size();
  ASSERT_TRUE(crash_and_open());
  settle();
  EXPECT_EQ(kinds(before), "lifecycle upgrade lifecycle activate");
  EXPECT_EQ(std::get<chain::ActivateBody>(last().body).reason, chain::ActivateReason::kUpgraded);
  before = log.events().size();
  ASSERT_TRUE(crash_and_open());
  settle();
  EXPECT_EQ(kinds(before), "lifecycle lifecycle activate") << "nothing changed";
  EXPECT_EQ(state(), "+");
}

}  // namespace
}  // namespace theater::actor::testing
