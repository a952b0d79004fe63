// A call that records much rests while too much of it waits for the disk: nothing is lost, the
// queue to the log does not fill, and a full one ends the call, never the actor.
#include <gtest/gtest.h>

#include "actor/invocation.h"
#include "actor/limits.h"
#include "actor/testing/actor_fixture.h"

namespace theater::actor::testing {
namespace {

class RestTest : public ActorFixture {
 protected:
  /// Asks for forty reads, then for a stop, and waits for its grace. What was recorded.
  std::string recorded_until_the_grace_ends() {
    const std::size_t before = log.events().size();
    script.push(1, std::string(40, 'r'));
    executor.run();
    actor->stop();
    executor.advance(std::chrono::seconds(5));
    EXPECT_EQ(actor->status().phase, Phase::kStopped);
    EXPECT_EQ(ended, 1);
    return kinds(before);
  }
};

/// However much one call records, little of it waits for the disk, and nothing of it is lost.
TEST_F(RestTest, ACallThatRecordsMuchRestsUntilItIsDurable) {  // BOUND-1
  start();
  const std::size_t before = log.events().size();
  log.weigh_events(1 << 20);
  script.push(1, "e" + std::string(40, 'r'));
  script.push(2, "+");
  std::string expected = "recv";
  for (int rest = 0; state().empty(); ++rest) {
    ASSERT_LT(rest, 20);
    executor.run();
    executor.advance(std::chrono::hours(1));  // a rest is not the guest's time
    EXPECT_LE(log.undurable_bytes(), kUndurableBytesMax + (1 << 20));
    EXPECT_TRUE(log.is_awaited());
    EXPECT_EQ(script.count("perform"), 0u);
    log.make_all_durable();
    executor.step();
    if (!state().empty()) EXPECT_GE(rest, 8);
  }
  settle();
  for (int i = 0; i < 40; ++i) expected += " host-call";
  EXPECT_EQ(kinds(before), expected + " commit");
  EXPECT_EQ(script.count("perform effect 1"), 1u);
  EXPECT_EQ(state().size(), 41u);
}

TEST_F(RestTest, ARestingCallEndsWithTheGrace) {
  start();
  log.weigh_events(1 << 20);
  EXPECT_EQ(recorded_until_the_grace_ends(),
            "recv host-call host-call host-call host-call trap lifecycle");
}

/// On a disk that is short of room a call goes no further than a look apart; it loses nothing.
TEST_F(RestTest, ACallThatRecordsMuchRestsUntilTheDiskHasRoom) {
  start();
  const std::size_t before = log.events().size();
  log.weigh_events(kRestLookBytes / 2);
  log.run_short_after(3);
  script.push(1, "e" + std::string(40, 'r'));
  executor.run();
  for (int pause = 0; pause < 100; ++pause) {
    log.make_all_durable();
    executor.advance(kRetryPause);
    EXPECT_EQ(kinds(before), "recv host-call host-call");
  }
  EXPECT_EQ(script.count("perform"), 0u);
  log.set_disk(chain::DiskState::kGood);
  settle();
  executor.advance(kRetryPause);
  settle();
  EXPECT_EQ(state().size(), 40u);
  EXPECT_EQ(script.count("perform effect 1"), 1u);
}

TEST_F(RestTest, ACallThatRecordsLittleEndsOnADiskThatIsShort) {
  start();
  const std::size_t before = log.events().size();
  log.weigh_events(kRestLookBytes / 8);
  log.run_short_after(2);
  script.push(1, "rr+");
  settle();
  EXPECT_EQ(kinds(before), "recv host-call host-call commit");
}

TEST_F(RestTest, ACallThatRestsForRoomEndsWithTheGrace) {
  start();
  log.weigh_events(kRestLookBytes);
  log.run_short_after(2);
  EXPECT_EQ(recorded_until_the_grace_ends(), "recv host-call trap lifecycle");
}

/// What has begun ends on a disk that has become full. What can be refused is the call, never the
/// actor: its events come again when there is room. Nothing new begins.
TEST_F(RestTest, WhatIsUnderWayEndsOnAFullDisk) {
  for (const std::string_view commands : {"e+", "er+"}) {
    ActorWorld world;
    world.start();
    const std::size_t before = world.log.events().size();
    world.log.run_short_after(1, chain::DiskState::kHard);
    world.script.push(1, commands);
    world.script.push(1, "+");
    world.settle();
    const bool is_refused = commands == "er+";
    EXPECT_EQ(world.kinds(before), is_refused ? "recv trap" : "recv commit");
    EXPECT_EQ(world.actor->status().phase, Phase::kRunning);
    EXPECT_EQ(world.actor->status().last_error, is_refused ? kNoRoomText : "");
    world.log.set_disk(chain::DiskState::kGood);
    world.executor.advance(kRetryPause);
    world.settle();
    EXPECT_EQ(world.actor->status().phase, Phase::kRunning);
    EXPECT_EQ(world.script.count("perform effect 1"), 1u);
    EXPECT_EQ(world.kinds(before),
              is_refused ? "recv trap activate recv host-call commit" : "recv commit");
    EXPECT_TRUE(world.state().ends_with("++")) << "both events were dealt with, once";
    EXPECT_EQ(world.state().size(), is_refused ? 3u : 2u);
  }
}

/// A queue that is full all the same ends the call, not the actor.
TEST_F(RestTest, ACallThatCannotBeRecordedIsATrap) {
  for (const std::string_view commands : {"rer", "er"}) {
    ActorWorld world;
    world.start();
    const std::size_t before = world.log.events().size();
    world.log.fill_after(commands.size() - 1);  // the recv, and all reads but the last
    world.script.push(1, commands);
    world.executor.run();
    const std::string_view made = commands == "er" ? "recv" : "recv host-call";
    EXPECT_EQ(world.kinds(before), made) << "the trap waits for room";
    world.log.make_room();
    world.settle();
    EXPECT_EQ(world.kinds(before), fmt::format("{} trap", made));
    EXPECT_EQ(std::get<chain::TrapBody>(world.last().body).reason, chain::TrapReason::kLimit);
    EXPECT_EQ(world.actor->status().last_error, kLogFullText);
    EXPECT_EQ(world.script.count("perform"), 0u);
    world.script.push(2, "+");
    world.settle();
    EXPECT_EQ(world.state(), "+");
  }
}

}  // namespace
}  // namespace theater::actor::testing
