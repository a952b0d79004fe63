// An actor's life: its events in order, its effects only after durability, its batches atomic, its
// inputs never lost.
#include "actor/actor.h"

#include <gmock/gmock.h>

#include "actor/limits.h"
#include "actor/testing/actor_fixture.h"

namespace theater::actor::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Lines = std::vector<std::string>;

class ActorTest : public ActorFixture {};

TEST_F(ActorTest, BeginsWithGenesisStartActivateInit) {
  manifest_text = "name = \"probe\"\ncomponent = \"x\"\nparams = \"hello\"\n[grants.probe]\n";
  start();
  EXPECT_EQ(kinds(), "genesis lifecycle activate recv commit");
  EXPECT_EQ(state(), "hello");
  EXPECT_EQ(actor->status().phase, Phase::kRunning);
  EXPECT_EQ(log.events()[3].record.name, kInitExport);
  EXPECT_EQ(actor->identity().id, log.events()[0].record.link.actor);
}

TEST_F(ActorTest, ABatchIsOneInvocation) {
  start();
  for (int i = 0; i < 5; ++i) script.push(i, "+e");
  const std::size_t before = log.events().size();
  settle();
  EXPECT_EQ(kinds(before), "recv commit");
  EXPECT_EQ(log.events()[before].inputs.size(), 5u);
  EXPECT_EQ(last().outputs.size(), 5u);
  EXPECT_EQ(state(), "+++++");
}

TEST_F(ActorTest, SeqsHaveNoGapAndLeavesAreLinked) {
  start();
  for (int i = 0; i < 20; ++i) {
    script.push(i, "+er");
    executor.run();
  }
  Digest previous;
  for (std::size_t i = 0; i < log.events().size(); ++i) {
    EXPECT_EQ(log.events()[i].record.link.seq.value, i);
    EXPECT_EQ(log.events()[i].record.link.previous, previous);
    previous = log.events()[i].leaf;
  }
  EXPECT_EQ(actor->status().head, previous);
}

TEST_F(ActorTest, NoEffectBeforeItsCommitIsDurable) {  // CHAIN-1
  start();
  script.push(1, "e");
  executor.run();
  EXPECT_THAT(script.trace, ElementsAre("commit"));
  log.make_durable({log.events().size() - 1});
  executor.run();
  EXPECT_THAT(script.trace, ElementsAre("commit")) << "the recv is durable, the commit is not";
  log.make_all_durable();
  executor.run();
  EXPECT_THAT(script.trace, ElementsAre("commit", "perform effect 1"));
}

TEST_F(ActorTest, NoEffectEverAfterTheLogFailed) {
  start();
  script.push(1, "e");
  executor.run();
  log.fail();
  log.make_all_durable();
  executor.run();
  EXPECT_EQ(script.count("perform"), 0u);
  script.push(2, "e");
  executor.run();
  EXPECT_EQ(script.count("perform"), 0u);
  EXPECT_EQ(actor->status().phase, Phase::kFailed);
}

TEST_F(ActorTest, FoldsPlainCallsAndRecordsTheOthers) {
  start();
  const std::size_t before = log.events().size();
  script.push(9, "eomr");
  settle();
  EXPECT_EQ(kinds(before), "recv host-call commit") << "only the read is recorded";
  EXPECT_EQ(std::get<chain::OrdinalBody>(log.events()[before + 1].record.body).ordinal, 3u);
  ASSERT_EQ(last().outputs.size(), 3u);
  EXPECT_EQ(std::get<std::uint64_t>(last().outputs[2].target), 1u) << "the first minted id";
  script.refuse_may = true;
  script.push(9, "oo");
  settle();
  EXPECT_EQ(kinds(before + 3), "recv host-call host-call commit");
  EXPECT_EQ(last().outputs.size(), 0u) << "a refused call has no effect";
}

TEST_F(ActorTest, ADeniedCallIsAnEvent) {
  start();
  const std::size_t before = log.events().size();
  script.push(1, "d");
  settle();
  EXPECT_EQ(kinds(before), "recv denied commit");
}

/// A trap after each host call: no effect, the old root, the outputs recorded as dropped.
TEST_F(ActorTest, AFailedInvocationChangesNothing) {  // CHAIN-2
  start();
  script.push(0, "+");
  settle();
  const Digest root = actor->status().state_root;
  for (const std::string_view commands : {"t", "+t", "et", "eet", "eer+t", "om+t", "x", "+ex"}) {
    script.trace.clear();
    script.push(1, commands);
    settle();
    EXPECT_EQ(script.count("perform"), 0u) << commands;
    EXPECT_THAT(script.trace, ::testing::AnyOf(ElementsAre("discard"), IsEmpty())) << commands;
    EXPECT_EQ(last().kind, chain::Kind::kTrap);
    EXPECT_EQ(last().state_root, root) << commands;
    EXPECT_EQ(actor->status().state_root, root);
    EXPECT_EQ(state(), "+");
  }
  EXPECT_EQ(last().outputs.size(), 1u) << "recorded as dropped";
  EXPECT_EQ(std::get<chain::TrapBody>(last().body).reason, chain::TrapReason::kError);
  EXPECT_EQ(actor->status().last_error, "asked to fail");
}

TEST_F(ActorTest, AnErrKeepsTheInstanceATrapEndsIt) {
  start();
  script.push(1, "c");
  settle();
  script.push(1, "x");
  settle();
  script.push(1, "c");
  settle();
  EXPECT_EQ(state(), "13") << "guest memory lived on";
  const std::size_t before = log.events().size();
  script.push(1, "t");
  settle();
  script.push(1, "c");
  settle();
  EXPECT_EQ(state(), "131");
  EXPECT_EQ(kinds(before), "recv trap activate recv commit");
}

TEST_F(ActorTest, AHostTrapIsRecorded) {
  start();
  const std::size_t before = log.events().size();
  script.push(1, "eh");
  settle();
  EXPECT_EQ(kinds(before), "recv host-call trap");
  EXPECT_THAT(actor->status().last_error, HasSubstr("the host refuses"));
}

TEST_F(ActorTest, AFailedBatchIsDeliveredOneByOne) {
  start();
  script.push(1, "+e");
  script.push(2, "t");
  script.push(3, "+e");
  const std::size_t before = log.events().size();
  settle();
  EXPECT_EQ(kinds(before), "recv trap activate recv commit recv trap activate recv commit");
  EXPECT_EQ(state(), "++");
  EXPECT_EQ(script.count("perform effect 1"), 1u);
  EXPECT_EQ(script.count("perform effect 3"), 1u);
  EXPECT_EQ(std::get<chain::RepeatBody>(log.events()[before + 3].record.body).first.value, before)
      << "names the recv that held it first";
}

TEST_F(ActorTest, BatchesRespectTheirLimit) {
  manifest_text += "[mailbox]\nbatch = 2\n";
  start();
  for (int i = 0; i < 5; ++i) script.push(i, "+");
  const std::size_t before = log.events().size();
  settle();
  EXPECT_EQ(kinds(before), "recv commit recv commit recv commit");
}

TEST_F(ActorTest, FreshInstancesRememberNothing) {
  manifest_text = "name = \"p\"\ncomponent = \"x\"\ninstance = \"fresh\"\n[grants.probe]\n";
  start();
  EXPECT_EQ(kinds(), "genesis lifecycle recv commit");
  for (int i = 0; i < 3; ++i) {
    script.push(1, "c");
    settle();
  }
  EXPECT_EQ(state(), "111");
  EXPECT_EQ(kinds().find("activate"), std::string::npos);
}

TEST_F(ActorTest, AnEvictedActorGoesOnWhereItWas) {
  start();
  script.push(9, "am");
  settle();
  const std::string before = state();
  actor->evict();
  EXPECT_FALSE(actor->status().has_instance);
  EXPECT_EQ(state(), before);
  const std::size_t events = log.events().size();
  script.push(9, "m");
  settle();
  EXPECT_EQ(kinds(events), "activate recv commit");
  ASSERT_EQ(last().outputs.size(), 1u);
  EXPECT_EQ(std::get<std::uint64_t>(last().outputs[0].target), 2u) << "ids go on";
  EXPECT_EQ(actor->status().invocations, 3u) << "counters too; init is one";
}

TEST_F(ActorTest, EvictedWhileEffectsWaitItStillPerformsThem) {
  start();
  script.push(5, "e");
  executor.run();
  actor->evict();
  EXPECT_EQ(script.count("perform"), 0u);
  settle();
  EXPECT_EQ(script.count("perform"), 1u);
}

TEST_F(ActorTest, IdleActorsAreEvicted) {
  manifest_text += "[limits]\nidle = \"10s\"\n";
  start();
  script.push(1, "c");
  settle();
  executor.advance(std::chrono::seconds(9));
  script.push(1, "c");
  settle();
  executor.advance(std::chrono::seconds(9));
  EXPECT_TRUE(actor->status().has_instance) << "it worked within the last 10 s";
  executor.advance(std::chrono::seconds(20));
  EXPECT_FALSE(actor->status().has_instance);
  const std::size_t before = log.events().size();
  script.push(1, "c");
  settle();
  EXPECT_EQ(kinds(before), "activate recv commit");
  EXPECT_EQ(std::get<chain::ActivateBody>(log.events()[before].record.body).reason,
            chain::ActivateReason::kEvicted);
  EXPECT_EQ(state(), "121");
}

TEST_F(ActorTest, StateOverItsLimitIsRefused) {
  manifest_text += "[limits]\nstate_max = \"3B\"\n";
  start();
  script.push(1, "+++");
  settle();
  script.push(1, "+");
  settle();
  EXPECT_EQ(state(), "+++");
  EXPECT_EQ(std::get<chain::TrapBody>(last().body).reason, chain::TrapReason::kLimit);
  EXPECT_EQ(actor->status().last_error, "the new state is 4 bytes, limits.state_max is 3");
}

TEST_F(ActorTest, AnInvocationMayHaveAsManyEffectsAsAPageHolds) {  // BOUND-1
  start();
  const std::size_t before = log.events().size();
  script.push(1, std::string(kEffectsMax, 'e') + "r+");
  settle();
  EXPECT_EQ(kinds(before), "recv host-call commit") << "a call without an effect is no effect";
  EXPECT_EQ(last().outputs.size(), kEffectsMax);
  EXPECT_EQ(script.count("perform effect 1"), kEffectsMax);
  script.push(2, std::string(kEffectsMax + 1, 'e'));
  settle();
  EXPECT_EQ(std::get<chain::TrapBody>(last().body).reason, chain::TrapReason::kLimit);
  EXPECT_EQ(script.count("perform effect 2"), 0u);
}

TEST_F(ActorTest, AnEndlessLoopEndsAtItsDeadline) {
  manifest_text += "[limits]\ndeadline = \"20ms\"\n";
  start();
  script.push(1, "l");
  settle();
  EXPECT_EQ(std::get<chain::TrapBody>(last().body).reason, chain::TrapReason::kDeadline);
  script.push(1, "+");
  settle();
  EXPECT_EQ(state(), "+");
}

TEST_F(ActorTest, OnErrorRestartWaitsLongerEachTimeThenGivesUp) {
  manifest_text =
      "name = \"p\"\ncomponent = \"x\"\non_error = \"restart\"\n[grants.probe]\n"
      "[supervision]\nintensity = 2\nbackoff_min = \"100ms\"\n";
  start();
  script.push(1, "x");
  script.push(2, "+");
  manifest_text += "";
  settle();
  EXPECT_EQ(actor->status().phase, Phase::kRestarting);
  executor.advance(Milliseconds(99));
  EXPECT_EQ(state(), "") << "still waits";
  executor.advance(Milliseconds(1));
  settle();
  EXPECT_EQ(actor->status().phase, Phase::kRunning);
  EXPECT_EQ(state(), "+");
  script.push(1, "x");
  settle();
  executor.advance(Milliseconds(199));
  EXPECT_EQ(actor->status().phase, Phase::kRestarting);
  executor.advance(Milliseconds(1));
  EXPECT_EQ(actor->status().phase, Phase::kRunning);
  script.push(1, "x");
  settle();
  EXPECT_EQ(actor->status().phase, Phase::kFailed);
  EXPECT_EQ(ended, 1);
}

TEST_F(ActorTest, OnErrorStopStops) {
  manifest_text = "name = \"p\"\ncomponent = \"x\"\non_error = \"stop\"\n[grants.probe]\n";
  start();
  script.push(1, "t");
  settle();
  EXPECT_EQ(actor->status().phase, Phase::kFailed);
  EXPECT_EQ(last().kind, chain::Kind::kLifecycle);
  EXPECT_EQ(ended, 1);
}

TEST_F(ActorTest, AFailedInitIsAFailedStart) {
  manifest_text = "name = \"p\"\ncomponent = \"x\"\nparams = \"!\"\n[grants.probe]\n";
  ASSERT_TRUE(create());
  settle();
  ASSERT_EQ(started.size(), 1u);
  EXPECT_THAT(started[0], HasSubstr("init failed"));
  EXPECT_EQ(actor->status().phase, Phase::kFailed);
  EXPECT_TRUE(actor->may_destroy());
}

TEST_F(ActorTest, AnAddressInUseIsRefusedBeforeAnythingIsRecorded) {
  script.on_recover = []() -> Status { return fail(Code::kConflict, "address in use"); };
  const Status created = create();
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().message, "address in use");
  EXPECT_EQ(kinds(), "");
  EXPECT_EQ(script.count("kill"), 1u) << "what was opened is released";
}

TEST_F(ActorTest, UnknownGrantsAreRefused) {
  manifest_text = "name = \"p\"\ncomponent = \"x\"\n[grants.prob]\n";
  const Status created = create();
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().message,
            "test.toml:3:1: no host family is called prob; there are probe");
}

TEST_F(ActorTest, StopDrainsThenRecordsItsEnd) {
  start();
  script.held = 1;
  script.push(1, "+e");
  actor->stop();
  settle();
  EXPECT_EQ(actor->status().phase, Phase::kStopping) << "a connection is still open";
  EXPECT_EQ(state(), "+") << "what was queued is still delivered";
  EXPECT_EQ(script.count("perform effect 1"), 1u);
  script.held = 0;
  script.port->drained();
  settle();
  EXPECT_EQ(actor->status().phase, Phase::kStopped);
  EXPECT_EQ(std::get<chain::LifecycleBody>(last().body).what, chain::LifecycleStep::kStop);
  EXPECT_EQ(ended, 1);
}

TEST_F(ActorTest, AGuestIsToldOfAStopAndItsAnswersLeaveBeforeAnythingElseStops) {
  start();
  script.parting = "+e";
  actor->stop();
  executor.run();
  EXPECT_EQ(state(), "+");
  EXPECT_EQ(script.trace, (std::vector<std::string>{"expect", "commit"}))
      << "its output waits for the disk, the families for its output";
  settle();
  EXPECT_EQ(script.trace,
            (std::vector<std::string>{"expect", "commit", "perform effect 9", "drain"}));
  EXPECT_EQ(actor->status().phase, Phase::kStopped);
}

TEST_F(ActorTest, AGuestThatFailsWhenItIsToldOfAStopIsStopped) {
  start();
  script.parting = "x";
  actor->stop();
  settle();
  EXPECT_EQ(script.count("drain"), 1u);
  EXPECT_EQ(actor->status().phase, Phase::kStopped);
}

TEST_F(ActorTest, StopWaitsForItsLastOutput) {
  start();
  script.push(1, "e");
  executor.run();
  actor->stop();
  executor.run();
  EXPECT_EQ(actor->status().phase, Phase::kStopping) << "an output waits for the disk";
  log.make_all_durable();
  executor.run();
  EXPECT_EQ(script.count("perform effect 1"), 1u);
  EXPECT_EQ(actor->status().phase, Phase::kStopped);
}

TEST_F(ActorTest, TheGraceEnds) {
  start();
  script.held = 3;
  actor->stop();
  executor.advance(Milliseconds(4999));
  EXPECT_EQ(actor->status().phase, Phase::kStopping);
  executor.advance(Milliseconds(1));
  EXPECT_EQ(actor->status().phase, Phase::kStopped);
  EXPECT_EQ(script.count("kill"), 1u);
}

TEST_F(ActorTest, AnOverloadedLogHoldsTheMailbox) {  // BOUND-1
  start();
  log.set_undurable_bytes(5 << 20);
  script.push(1, "+");
  EXPECT_FALSE(log.is_awaited());
  executor.run();
  EXPECT_EQ(state(), "");
  EXPECT_TRUE(log.is_awaited()) << "the bytes may be other shards'";
  log.set_undurable_bytes(0);
  settle();
  EXPECT_EQ(state(), "+");
}

TEST_F(ActorTest, AFullDiskTakesNoNewWorkAndLosesNone) {
  start();
  log.set_disk(chain::DiskState::kSoft);
  script.push(1, "+");
  const std::size_t before = log.events().size();
  settle();
  executor.advance(std::chrono::seconds(1));
  EXPECT_EQ(kinds(before), "");
  log.set_disk(chain::DiskState::kGood);
  executor.advance(std::chrono::seconds(1));
  EXPECT_EQ(kinds(before), "recv commit");
}

TEST_F(ActorTest, AWaitIsDurableBeforeItsEffectAndRecordedBeforeItResumes) {
  start();
  const std::size_t before = log.events().size();
  script.push(1, "w+");
  executor.run();
  EXPECT_EQ(kinds(before), "recv host-req");
  EXPECT_THAT(script.waits, IsEmpty()) << "the request is not durable";
  log.make_all_durable();
  executor.run();
  ASSERT_EQ(script.waits.size(), 1u);
  EXPECT_EQ(state(), "");
  script.push(2, "+");
  executor.run();
  EXPECT_EQ(kinds(before), "recv host-req") << "one invocation at a time";  // SEQ-1
  script.port->answer_wait(script.waits[0] + 1, Bytes{1});
  executor.run();
  EXPECT_EQ(kinds(before), "recv host-req") << "an unknown ticket is ignored";
  const std::size_t wakes = log.wakes();
  script.port->answer_wait(script.waits[0], Bytes{0x41});
  EXPECT_EQ(log.wakes(), wakes) << "the commit shares its sync";
  settle();
  EXPECT_EQ(kinds(before), "recv host-req host-res commit recv commit");
  EXPECT_EQ(log.wakes(), wakes + 2);
  EXPECT_EQ(state(), "A++");
}

TEST_F(ActorTest, WhatIsGatheredIsWrittenThoughNoInvocationFollows) {
  start();
  const std::size_t wakes = log.wakes();
  const auto& info = *set.infos().front();
  for (std::uint64_t id = 1; id <= 3; ++id) {
    script.port->record_operation({&info, {id}, chain::OperationPhase::kReissued, 2, {}});
  }
  EXPECT_EQ(log.wakes(), wakes);
  executor.run();
  EXPECT_EQ(log.wakes(), wakes + 1);
}

TEST_F(ActorTest, AWaitHoldsNoStopUp) {
  start();
  script.push(1, "w");
  settle();
  ASSERT_EQ(script.waits.size(), 1u);
  actor->stop();
  executor.run();
  EXPECT_EQ(script.count("drain"), 1u) << "the family ends the wait";
}

/// Nothing goes from under a family that tells of an overflow.
TEST_F(ActorTest, AnOverflowThatCannotBeRecordedIsTheNextTurnsFault) {
  start();
  log.fail();
  script.port->record_overflow({"probe events", chain::OverflowPolicy::kRefuse, 3, 100});
  EXPECT_EQ(actor->status().phase, Phase::kRunning);
  executor.run();
  EXPECT_EQ(actor->status().phase, Phase::kFailed);
}

TEST_F(ActorTest, OverflowIsAnEvent) {
  start();
  script.port->record_overflow({"probe events", chain::OverflowPolicy::kRefuse, 3, 100});
  ASSERT_EQ(last().kind, chain::Kind::kOverflow);
  EXPECT_EQ(std::get<chain::OverflowBody>(last().body).items, 3u);
}

}  // namespace
}  // namespace theater::actor::testing
