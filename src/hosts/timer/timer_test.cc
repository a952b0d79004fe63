// A timer ticks once for each time it was due and seen to be due, never before its commit, never
// after its cancellation; ticks nobody took are merged and counted; a restart loses none, also if a
// replaced timer ticked while the commit that replaced it waited for the disk; wall
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
  /// An effect, and when its commit was recorded.
  struct Done {
    std::size_t function;
    Bytes arguments;
    Seq seq;
    WallTime time;
  };
  std::vector<Done> history;
  Seq last_seq;
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
  /// The same, but the commit waits for the disk.
  void call_slowly(std::size_t function, const Bytes& arguments) {
    call_only(function, arguments);
    instance->settle(actor::Settlement::kCommitted);
    record(function, arguments);
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
    record(function, arguments);
    perform_last();
  }
  void record(std::size_t function, const Bytes& arguments) {
    last_seq = last_seq.next();
    history.push_back({function, arguments, last_seq, shard.clock.wall()});
  }
  void perform_last() {
    const Done& done = history.back();
    instance->perform({done.function, done.arguments, 0, done.seq, 0});
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
  for (const auto& done : old.history) {
    ASSERT_TRUE(
        fresh.instance->fold_effect({done.function, done.arguments, 0, done.seq, 0}, done.time));
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

Bytes named_a(std::uint64_t number) { return host::arguments_of(std::string("a"), number); }

/// Until the commit that replaced it is durable, a timer ticks: later than the newer one's time
/// counts from, and even than that time itself.
TEST(Timer, ATickOfATimerThatWasReplacedLeavesTheNewerOne) {
  Timers old;
  old.after("a", 100);
  old.call_slowly(kAfter, named_a(50));
  old.pass(Milliseconds(200));
  old.perform_last();
  EXPECT_EQ(old.take(), Ticks{"a 0"}) << "the earlier one";
  Timers fresh;
  fresh.shard.clock.advance(Milliseconds(200));
  restart(old, fresh, Milliseconds(20));
  fresh.pass(Nanoseconds(0));
  EXPECT_EQ(fresh.take(), Ticks{"a 0"}) << "the newer one is lost";
  EXPECT_EQ(fresh.shard.executor.timer_count(), 0u);
}

TEST(Timer, ATickThatWaitedWhileItsTimerWasReplacedLeavesTheNewerOne) {
  for (const std::size_t function : {kAfter, kAt}) {
    Timers old;
    old.after("a", 10);
    old.pass(Milliseconds(10));
    old.call_slowly(function, named_a(0));
    EXPECT_EQ(old.take(), Ticks{"a 0"});
    Timers fresh;
    fresh.shard.clock.advance(Milliseconds(10));
    restart(old, fresh, Milliseconds(1));
    fresh.pass(Nanoseconds(0));
    EXPECT_EQ(fresh.take(), Ticks{"a 0"}) << function;
  }
}

TEST(Timer, ATickOfAPeriodicTimerThatWasReplacedDoesNotMoveTheNewerOne) {
  Timers old;
  old.every("a", 100);
  old.call_slowly(kEvery, named_a(30));
  old.pass(Milliseconds(120));
  old.perform_last();
  EXPECT_EQ(old.take(), Ticks{"a 0"});
  Timers fresh;
  fresh.shard.clock.advance(Milliseconds(120));
  restart(old, fresh, Nanoseconds(0));
  fresh.pass(Nanoseconds(0));
  EXPECT_EQ(fresh.take(), Ticks{"a 3"}) << "at 30, 60, 90 and 120 ms";
}

/// The other way round: the newer timer's own tick, whatever the wall clock did while the commit
/// waited.
TEST(Timer, ATickOfTheNewerTimerIsNotRepeatedAfterAJumpOfTheWallClock) {
  Timers old;
  old.after("a", 60'000);
  old.call_slowly(kAfter, named_a(10));
  old.shard.clock.set_wall(old.shard.clock.wall() + -std::chrono::hours(1));
  old.perform_last();
  old.pass(Milliseconds(10));
  EXPECT_EQ(old.take(), Ticks{"a 0"});
  Timers fresh;
  restart(old, fresh, std::chrono::hours(1));
  fresh.pass(Nanoseconds(0));
  EXPECT_EQ(fresh.take(), Ticks{});
}

/// Ticks of a node that did not yet name their timers: the times decide, as they did then.
TEST(Timer, TicksThatNameNoTimerAreToldApartByTheirTimes) {
  for (const bool has_newer_ticked : {false, true}) {
    Timers fresh;
    const WallTime start = fresh.shard.clock.wall();
    for (const std::uint64_t seq : {1u, 2u}) {
      const Bytes arguments = named_a(seq == 1 ? 10 : 50);
      ASSERT_TRUE(fresh.instance->fold_effect({kAfter, arguments, 0, Seq{seq}, 0}, start));
    }
    for (const int due : {10, 50}) {
      const auto at = static_cast<std::uint64_t>((start + Milliseconds(due)).since_epoch.count());
      const host::Event<Payload> tick{0, {"a", at, 0}};
      const bool is_told = due == 10 || has_newer_ticked;
      if (is_told) ASSERT_TRUE(fresh.instance->fold_event(wasm::to_binary(tick)));
    }
    ASSERT_TRUE(fresh.instance->recover());
    fresh.pass(Milliseconds(50));
    EXPECT_EQ(fresh.take().size(), has_newer_ticked ? 0u : 1u);
  }
}

TEST(Timer, ASnapshotTellsWhoSetEachTimer) {
  Timers old;
  old.after("waits", 10);
  old.after("a", 100);
  old.pass(Milliseconds(10));
  const Bytes saved = old.instance->save();
  old.history.clear();
  old.call_slowly(kAfter, named_a(5));
  old.pass(Milliseconds(100));
  EXPECT_EQ(old.take(), (Ticks{"waits 0", "a 0"}));
  Timers fresh;
  fresh.shard.clock.advance(Milliseconds(110));
  ASSERT_TRUE(fresh.instance->load(saved));
  restart(old, fresh, Nanoseconds(0));
  fresh.pass(Nanoseconds(0));
  EXPECT_EQ(fresh.take(), Ticks{"a 0"});
}

/// As snapshots were before they said so: no number in front, no seq behind a timer or a tick.
TEST(Timer, ASnapshotOfBeforeIsRead) {
  Timers fresh;
  const auto due = static_cast<std::uint64_t>(
      (fresh.shard.clock.wall() + Milliseconds(100)).since_epoch.count());
  Bytes saved;
  wasm::BinaryWriter writer(saved);
  writer.unsigned_number(1);
  writer.string("a");
  for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{0}, due}) {
    writer.unsigned_number(number);
  }
  writer.unsigned_number(1);
  writer.string("waits");
  for (const std::uint64_t number : {due, std::uint64_t{3}}) writer.unsigned_number(number);
  ASSERT_TRUE(fresh.instance->load(saved));
  ASSERT_TRUE(fresh.instance->recover());
  EXPECT_EQ(fresh.take(), Ticks{"waits 3"});
  fresh.pass(Milliseconds(100));
  EXPECT_EQ(fresh.take(), Ticks{"a 0"});
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
