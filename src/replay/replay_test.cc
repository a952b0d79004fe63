// Replay runs recorded actors again without the world and finds every event equal; a changed
// record, a changed component or a missing byte is found at the first event it concerns. Cites
// CHAIN-3: the chain is all that replay has.
#include "replay/replay.h"

#include <gmock/gmock.h>

#include "replay/testing/replay_node.h"
#include "store/verify.h"

namespace theater::replay {
namespace {

using actor::testing::probe_wasm;
using testing::expect_equal;
using ::testing::HasSubstr;

struct ReplayTest : ::testing::Test, testing::ReplayNode {
  ReplayTest() { open(); }
  /// A run with something of everything.
  void live() {
    for (int i = 0; i < 40; ++i) {
      for (const char* commands : {"+", "er+", "m", "od", "x", "e+t", "c", "h", "0"}) {
        script.push(static_cast<std::uint64_t>(i), commands);
        if (i % 3 != 0) settle();
      }
      settle();
      if (i % 10 == 5) actor->evict();
    }
    script.push(1, "w+");
    settle();
    script.port->answer_wait(script.waits.at(0), Bytes{0x41});
    settle();
  }
  /// The process ends; what it recorded verifies and, but for `skipped` invocations, replays.
  void end_and_audit(std::uint64_t skipped) {
    const Digest head = actor->status().head;
    kill();
    const auto verified = store::verify(disk, root, {});
    ASSERT_TRUE(verified) << verified.error().message;
    EXPECT_FALSE(verified->bad) << verified->bad->reason;
    const auto report = replay();
    expect_equal(report);
    EXPECT_EQ(report->actors.at(0).skipped, skipped);
    EXPECT_EQ(report->actors[0].head, head);
  }
};

TEST_F(ReplayTest, ALongRunIsEqual) {
  start();
  live();
  const actor::ActorStatus status = actor->status();
  kill();
  const auto report = replay();
  expect_equal(report);
  ASSERT_EQ(report->actors.size(), 1u);
  const ActorReplay& one = report->actors[0];
  EXPECT_EQ(one.events, status.next_seq.value);
  EXPECT_EQ(one.head, status.head);
  EXPECT_EQ(one.state_root, status.state_root);
  EXPECT_GT(one.invocations, 300u);
  EXPECT_EQ(one.name, "probe");
}

TEST_F(ReplayTest, RestartsUpgradesAndInterruptionsAreEqual) {
  start();
  script.push(1, "+em");
  settle();
  restart();
  script.push(2, "w+");
  settle();
  wasm = probe_wasm("1040) \"asked to fail", "1040) \"asked to FAIL");
  restart();
  script.push(3, "rm");
  script.push(3, "x");
  settle();
  const actor::ActorStatus status = actor->status();
  kill();
  const auto report = replay();
  expect_equal(report);
  const ActorReplay& one = report->actors.at(0);
  EXPECT_EQ(one.skipped, 1u) << "the interrupted wait";
  EXPECT_EQ(one.head, status.head);
}

/// One call records more than the queue to the log holds; the log is written in between.
TEST_F(ReplayTest, ACallThatRestsForTheLogIsEqual) {
  start();
  constexpr std::uint64_t kCalls = 60'000;
  const actor::ActorStatus before = actor->status();
  tell(std::string(kCalls, 'd') + "e+");
  const actor::ActorStatus status = actor->status();
  EXPECT_EQ(status.phase, actor::Phase::kRunning) << status.last_error;
  EXPECT_EQ(status.next_seq.value, before.next_seq.value + kCalls + 3)
      << "recv, commit and snapshot";
  EXPECT_EQ(script.count("perform effect"), 1u);
  EXPECT_EQ(state(), "+");
  kill();
  const auto report = replay();
  expect_equal(report);
  EXPECT_EQ(report->actors.at(0).head, status.head);
  EXPECT_EQ(report->actors[0].skipped, 0u);
}

/// The call ends, not the actor, and nothing new is taken until the quota is larger. BOUND-1.
TEST_F(ReplayTest, WhatAQuotaOfTheLogEndsIsEqual) {
  constexpr std::uint64_t kCalls = 100'000;  // more than the 16 MiB that a call may go beyond it
  const auto set_quota = [this](std::string_view log_max) {
    manifest_text = fmt::format(
        "name = \"probe\"\ncomponent = \"x\"\n[limits]\nlog_max = \"{}\"\n[grants.probe]\n",
        log_max);
  };
  set_quota("64KiB");
  start();
  tell("+");
  tell(std::string(kCalls, 'd') + "e+", 2);
  EXPECT_EQ(actor->status().last_error, actor::kLogSpentText);
  EXPECT_LT(actor->status().next_seq.value, kCalls);
  tell("+", 3);
  EXPECT_EQ(script.queue.size(), 1u) << "it waits";
  EXPECT_EQ(state(), "+");
  EXPECT_EQ(script.count("perform effect"), 0u);
  actor->stop();
  settle();
  EXPECT_EQ(actor->status().phase, actor::Phase::kStopped);
  end_and_audit(1);

  set_quota("64MiB");
  restart();
  tell("e+", 4);
  EXPECT_EQ(state(), "++");
  EXPECT_EQ(script.count("perform effect"), 1u);
  end_and_audit(1);
}

TEST_F(ReplayTest, FreshInstancesAndDeadlinesAreEqual) {
  manifest_text =
      "name = \"probe\"\ncomponent = \"x\"\ninstance = \"fresh\"\n[grants.probe]\n"
      "[limits]\ndeadline = \"20ms\"\n";
  start();
  for (const char* commands : {"c", "l", "c+", "t", "c"}) {
    script.push(1, commands);
    settle();
  }
  const Digest head = actor->status().head;
  kill();
  const auto report = replay();
  ASSERT_TRUE(report && report->is_equal());
  EXPECT_EQ(report->actors[0].skipped, 1u);
  EXPECT_EQ(report->actors[0].head, head);
}

TEST_F(ReplayTest, UntilStopsThere) {
  start();
  live();
  kill();
  const auto report = replay({.until = Seq{4}});
  ASSERT_TRUE(report && report->is_equal());
  EXPECT_EQ(report->events(), 5u);
}

TEST_F(ReplayTest, OtherCodeIsCaughtAtItsFirstDifference) {
  start();
  script.push(1, "+");
  settle();
  script.push(2, "x");  // seq 7, 8
  settle();
  script.push(3, "+");
  settle();
  kill();
  const auto report =
      replay({.component = probe_wasm("1040) \"asked to fail", "1040) \"asked to FAIL")});
  ASSERT_TRUE(report) << report.error().message;
  const auto& divergence = report->actors[0].divergence;
  ASSERT_TRUE(divergence);
  EXPECT_EQ(divergence->seq, Seq{8});
  EXPECT_EQ(divergence->kind, chain::Kind::kTrap);
  EXPECT_EQ(divergence->reason, "the error differs");
  EXPECT_THAT(divergence->recorded, HasSubstr("asked to fail"));
  EXPECT_THAT(divergence->recomputed, HasSubstr("asked to FAIL"));
}

TEST_F(ReplayTest, OtherCallsAreCaught) {
  start();
  script.push(1, "+e");
  settle();
  kill();
  {
    const auto report = replay({.component = probe_wasm("(i32.const 1024) (i32.const 6)",
                                                        "(i32.const 1024) (i32.const 5)")});
    ASSERT_TRUE(report && !report->is_equal());
    EXPECT_EQ(report->actors[0].divergence->seq, Seq{6});
  }
  const auto report = replay({.component = probe_wasm("(call $push (i32.const 0x2b))",
                                                      "(call $push (i32.wrap_i64 (call $read)))")});
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_FALSE(report->is_equal());
  EXPECT_THAT(report->actors[0].divergence->reason,
              HasSubstr("the guest calls theater:test/probe@0.1.0#read"));
}

TEST_F(ReplayTest, AnUnknownActorIsNamed) {
  start();
  kill();
  const auto report = replay({.actor = ActorId{}});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Code::kNotFound);
}

TEST_F(ReplayTest, NothingOfTheWorldIsTouched) {  // REPLAY-1
  start();
  live();
  kill();
  script.trace.clear();
  ASSERT_TRUE(replay());
  EXPECT_TRUE(script.trace.empty());
  EXPECT_EQ(script.port, nullptr) << "no family instance was made";
}

}  // namespace
}  // namespace theater::replay
