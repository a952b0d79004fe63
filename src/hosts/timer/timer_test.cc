// A timer ticks once for each time it was due and seen to be due, never before its commit, never
// after its cancellation; ticks nobody took are merged and counted; a restart loses none; wall
// clock jumps move only timers set by wall time; after stop nothing is armed.
#include <gtest/gtest.h>

#include "host/fake_actor.h"
#include "hosts/timer/family.h"
#include "hosts/timer/instance.h"

namespace theater::hosts::timer {
namespace {

constexpr std::size_t kAfter = 0, kEvery = 1, kAt = 2, kCancel = 3;

struct Timers {
  host::FakeShard shard;
  host::FakeActor actor;
  std::unique_ptr<host::Family> family = make_family();
  std::unique_ptr<actor::FamilyInstance> instance;
  std::vector<std::pair<std::size_t, Bytes>> history;  // effects so far
  std::vector<Bytes> delivered;

  explicit Timers(std::string_view grant = "") {
    auto table = actor::parse_settings(grant, "test.toml", {});
    instance = *family->create(*table, {shard.services, actor});
  }
  ~Timers() { instance->stop(actor::StopMode::kKill); }

  /// Calls in an invocation of its own that commits; performs the effect if there is one.
  Bytes call(std::size_t function, const Bytes& arguments) {
    const Bytes result = call_only(function, arguments);
    instance->settle(actor::Settlement::kCommitted);
    if (emitted(function, result)) perform(function, arguments);
    return result;
  }
  Bytes call_only(std::size_t function, const Bytes& arguments) {
    Bytes result;
    EXPECT_EQ(instance->call(function, arguments, {}, result), actor::CallOutcome::kReturn);
    return result;
  }
  static bool emitted(std::size_t function, const Bytes& result) {
    return result[0] == (function == kCancel ? 1 : 0);
  }
  void perform(std::size_t function, const Bytes& arguments) {
    history.emplace_back(function, arguments);
    instance->perform({function, arguments, 0, Seq{1}, 0});
  }
  Bytes after(const std::string& name, std::uint64_t ms) {
    return call(kAfter, host::arguments_of(name, ms));
  }
  Bytes every(const std::string& name, std::uint64_t ms) {
    return call(kEvery, host::arguments_of(name, ms));
  }
  Bytes cancel(const std::string& name) { return call(kCancel, host::arguments_of(name)); }

  /// "name missed" of each tick taken.
  std::vector<std::string> take() {
    std::vector<std::string> ticks;
    for (const auto& event : host::FakeActor::take<Payload>(*instance->events())) {
      ticks.push_back(fmt::format("{} {}", event.payload.name, event.payload.missed));
      delivered.push_back(wasm::to_binary(event));
    }
    return ticks;
  }
  void pass(Nanoseconds span) { shard.executor.advance(span); }
};

using Ticks = std::vector<std::string>;

TEST(Timer, FiresOnceAtItsTime) {
  Timers timers;
  EXPECT_EQ(timers.after("a", 50), Bytes{0});
  timers.pass(Milliseconds(49));
  EXPECT_EQ(timers.take(), Ticks{});
  timers.pass(Milliseconds(1));
  EXPECT_EQ(timers.take(), Ticks{"a 0"});
  timers.pass(std::chrono::hours(1));
  EXPECT_EQ(timers.take(), Ticks{});
  EXPECT_TRUE(timers.instance->census().is_empty());
}

TEST(Timer, SameNameReplacesAndCancelStops) {
  Timers timers;
  timers.after("a", 10);
  timers.after("a", 30);
  timers.pass(Milliseconds(20));
  EXPECT_EQ(timers.take(), Ticks{});
  EXPECT_EQ(timers.cancel("a"), Bytes{1});
  EXPECT_EQ(timers.cancel("a"), Bytes{0});
  timers.pass(Milliseconds(20));
  EXPECT_EQ(timers.take(), Ticks{});
}

TEST(Timer, PeriodicKeepsItsPhaseAndMergesWhatWasMissed) {
  Timers timers;
  timers.every("p", 10);
  timers.pass(Milliseconds(10));
  EXPECT_EQ(timers.take(), Ticks{"p 0"});
  timers.pass(Milliseconds(35));
  EXPECT_EQ(timers.take(), Ticks{"p 2"});
  timers.pass(Milliseconds(5));
  EXPECT_EQ(timers.take(), Ticks{"p 0"});
}

TEST(Timer, CallsOfADiscardedInvocationNeverHappened) {
  Timers timers;
  timers.call_only(kAfter, host::arguments_of(std::string("a"), std::uint64_t{1}));
  timers.instance->settle(actor::Settlement::kDiscarded);
  timers.pass(std::chrono::seconds(1));
  EXPECT_EQ(timers.take(), Ticks{});
  EXPECT_EQ(timers.cancel("a"), Bytes{0});
}

TEST(Timer, LaterCallsSeeEarlierOnesBeforeTheyArePerformed) {
  Timers timers;
  const Bytes name = host::arguments_of(std::string("a"));
  timers.call_only(kAfter, host::arguments_of(std::string("a"), std::uint64_t{1}));
  EXPECT_EQ(timers.call_only(kCancel, name), Bytes{1});
  EXPECT_EQ(timers.call_only(kCancel, name), Bytes{0});
  timers.instance->settle(actor::Settlement::kCommitted);
  timers.perform(kAfter, host::arguments_of(std::string("a"), std::uint64_t{1}));
  timers.perform(kCancel, name);
  timers.pass(std::chrono::seconds(1));
  EXPECT_EQ(timers.take(), Ticks{});
}

TEST(Timer, RefusesBeyondItsLimits) {
  Timers timers("timers_max = 2\nperiod_min = \"20ms\"\n");
  EXPECT_EQ(timers.every("p", 19)[0], 1);
  EXPECT_EQ(timers.after("", 1)[0], 1);
  EXPECT_EQ(timers.after(std::string(257, 'n'), 1)[0], 1);
  timers.after("a", 1000);
  timers.after("b", 1000);
  EXPECT_EQ(timers.after("c", 1000)[1], static_cast<std::uint8_t>(host::GuestCode::kFull));
  EXPECT_EQ(timers.after("b", 2000), Bytes{0});
  timers.cancel("a");
  EXPECT_EQ(timers.after("c", 1000), Bytes{0});
}

TEST(Timer, GrantsAreStrict) {
  const auto family = make_family();
  const auto check = [&](std::string_view text) {
    return family->check_grant(*actor::parse_settings(text, "t.toml", {}));
  };
  EXPECT_TRUE(check(""));
  EXPECT_FALSE(check("timers_mux = 3"));
  EXPECT_FALSE(check("timers_max = 0"));
  EXPECT_FALSE(check("period_min = 10"));
}

TEST(Timer, WallJumpsMoveOnlyTimersSetByWallTime) {
  Timers timers;
  const auto start = timers.shard.clock.wall();
  const auto due = static_cast<std::uint64_t>((start.since_epoch + std::chrono::hours(2)).count());
  timers.call(kAt, host::arguments_of(std::string("wall"), due));
  timers.after("span", 60'000);
  timers.shard.clock.set_wall(start + std::chrono::hours(3));
  timers.pass(std::chrono::seconds(10));
  EXPECT_EQ(timers.take(), Ticks{"wall 0"});
  timers.shard.clock.set_wall(start);
  timers.pass(std::chrono::seconds(50));
  EXPECT_EQ(timers.take(), Ticks{"span 0"});
  timers.call(kAt, host::arguments_of(std::string("past"), std::uint64_t{1}));
  timers.pass(Nanoseconds(0));
  EXPECT_EQ(timers.take(), Ticks{"past 0"});
}

/// A new instance with the history of `old`, after the node was away for `away`.
void restart(Timers& old, Timers& fresh, Nanoseconds away) {
  const WallTime then = fresh.shard.clock.wall();
  for (const auto& [function, arguments] : old.history) {
    ASSERT_TRUE(fresh.instance->fold_effect({function, arguments, 0, Seq{1}, 0}, then));
  }
  for (const Bytes& event : old.delivered) ASSERT_TRUE(fresh.instance->fold_event(event));
  fresh.pass(away);
  ASSERT_TRUE(fresh.instance->recover());
}

TEST(Timer, RestartReArmsWithOneTickIfOverdue) {
  Timers old;
  old.after("soon", 50);
  old.after("later", 5000);
  old.every("p", 100);
  old.after("gone", 1);
  old.cancel("gone");
  Timers fresh;
  restart(old, fresh, Milliseconds(1000));
  fresh.pass(Nanoseconds(0));
  EXPECT_EQ(fresh.take(), (Ticks{"p 9", "soon 0"}));
  fresh.pass(Milliseconds(100));
  EXPECT_EQ(fresh.take(), (Ticks{"p 0"}));
  fresh.pass(Milliseconds(3900));
  EXPECT_EQ(fresh.take(), (Ticks{"p 38", "later 0"}));
}

TEST(Timer, RestartDoesNotRepeatADeliveredTick) {
  Timers old;
  old.after("a", 10);
  old.every("p", 10);
  old.pass(Milliseconds(10));
  EXPECT_EQ(old.take().size(), 2u);
  Timers fresh;
  restart(old, fresh, Milliseconds(15));
  fresh.pass(Nanoseconds(0));
  EXPECT_EQ(fresh.take(), Ticks{});
  fresh.pass(Milliseconds(5));
  EXPECT_EQ(fresh.take(), Ticks{"p 0"});
}

TEST(Timer, SnapshotKeepsTimersAndTicksNobodyTook) {
  Timers old;
  old.after("queued", 10);
  old.after("armed", 60);
  old.every("p", 20);
  old.pass(Milliseconds(50));
  Timers fresh;
  fresh.shard.clock.advance(Milliseconds(50));
  ASSERT_TRUE(fresh.instance->load(old.instance->save()));
  ASSERT_TRUE(fresh.instance->recover());
  EXPECT_EQ(fresh.take(), (Ticks{"p 1", "queued 0"}));
  fresh.pass(Milliseconds(10));
  EXPECT_EQ(fresh.take(), (Ticks{"armed 0", "p 0"}));
  EXPECT_FALSE(fresh.instance->load(Bytes{5}));
}

TEST(Timer, AFullQueueDelaysTicksAndLosesNone) {
  Timers timers("timers_max = 1\n");
  for (const char* name : {"a", "b", "c"}) {
    timers.after(name, 1);
    timers.pass(Milliseconds(1));
  }
  EXPECT_EQ(timers.take(), (Ticks{"a 0", "b 0"}));
  timers.pass(kRetry);
  EXPECT_EQ(timers.take(), (Ticks{"c 0"}));
}

TEST(Timer, NothingIsArmedAfterStop) {
  for (const auto mode : {actor::StopMode::kDrain, actor::StopMode::kKill}) {
    Timers timers;
    timers.every("p", 10);
    timers.after("a", 10);
    timers.pass(Milliseconds(10));
    timers.instance->stop(mode);
    EXPECT_TRUE(timers.instance->census().is_empty());
    EXPECT_EQ(timers.shard.executor.timer_count(), 0u);
    EXPECT_FALSE(timers.instance->events()->has_events());
    EXPECT_EQ(timers.actor.drained_count, mode == actor::StopMode::kDrain ? 1 : 0);
  }
}

}  // namespace
}  // namespace theater::hosts::timer
