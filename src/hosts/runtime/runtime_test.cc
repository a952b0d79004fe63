// Log lines are written with actor and seq once they are real, marked when rolled back, cut and
// rated as the limits say; now never falls; stop acts when it is performed.
#include <gtest/gtest.h>

#include "host/fake_actor.h"
#include "hosts/runtime/family.h"
#include "hosts/runtime/instance.h"

namespace theater::hosts::runtime {
namespace {

constexpr std::size_t kLog = 0, kSelf = 1, kNow = 2, kStop = 3;

struct Runtime {
  host::FakeShard shard;
  host::FakeActor actor;
  std::unique_ptr<host::Family> family = make_family();
  std::unique_ptr<actor::FamilyInstance> instance;

  explicit Runtime(std::string_view grant = "") {
    instance =
        *family->create(*actor::parse_settings(grant, "t.toml", {}), {shard.services, actor});
  }
  Bytes call(std::size_t function, const Bytes& arguments) {
    Bytes result;
    EXPECT_EQ(instance->call(function, arguments, {}, result), actor::CallOutcome::kReturn);
    return result;
  }
  void log(std::uint64_t seq, const std::string& text) {
    const Bytes line = host::arguments_of(host::LogLevel::kInfo, text);
    call(kLog, line);
    instance->settle(actor::Settlement::kCommitted);
    instance->perform({kLog, line, 0, Seq{seq}, 0});
  }
  std::uint64_t now() { return *wasm::from_binary<std::uint64_t>(call(kNow, {})); }
};

using Lines = std::vector<std::string>;

TEST(Runtime, LogsOnceTheLineIsReal) {
  Runtime runtime;
  runtime.log(7, "hello");
  EXPECT_EQ(runtime.shard.log.lines, Lines{"2 fake#7 hello"});
}

TEST(Runtime, LinesOfARolledBackInvocationAreKeptAndMarked) {
  Runtime runtime;
  runtime.call(kLog, host::arguments_of(host::LogLevel::kWarn, std::string("half")));
  EXPECT_TRUE(runtime.shard.log.lines.empty());
  runtime.instance->settle(actor::Settlement::kDiscarded);
  EXPECT_EQ(runtime.shard.log.lines, Lines{"3 fake#0 half (rolled back)"});
}

TEST(Runtime, LongLinesAreCutBetweenCharacters) {
  Runtime runtime("log_line_max = \"64B\"\n");
  runtime.log(1, std::string(63, 'x') + "\xc3\xa9");
  EXPECT_EQ(runtime.shard.log.lines, Lines{"2 fake#1 " + std::string(63, 'x') + " (cut)"});
}

TEST(Runtime, LinesOverTheRateAreCounted) {
  Runtime runtime("log_rate = 2\n");
  for (int i = 0; i < 5; ++i) runtime.log(1, "x");
  EXPECT_EQ(runtime.shard.log.lines.size(), 2u);
  runtime.shard.executor.advance(std::chrono::seconds(1));
  runtime.log(2, "y");
  EXPECT_EQ(runtime.shard.log.lines[2], "3 fake#0 3 lines over log_rate left out");
  EXPECT_EQ(runtime.shard.log.lines[3], "2 fake#2 y");
}

TEST(Runtime, NowNeverFallsNotEvenAcrossASnapshot) {
  Runtime runtime;
  const std::uint64_t first = runtime.now();
  runtime.shard.clock.set_wall(WallTime{Nanoseconds(5)});
  EXPECT_EQ(runtime.now(), first);
  Runtime next;
  next.shard.clock.set_wall(WallTime{Nanoseconds(5)});
  ASSERT_TRUE(next.instance->load(runtime.instance->save()));
  EXPECT_EQ(next.now(), first);
}

TEST(Runtime, SelfTellsWhoAndStopActsWhenPerformed) {
  Runtime runtime;
  const Bytes self = runtime.call(kSelf, {});
  EXPECT_EQ(wasm::from_binary<Identity>(self)->name, "fake");
  const Bytes output = host::arguments_of(Bytes{1, 2});
  runtime.call(kStop, output);
  EXPECT_FALSE(runtime.actor.stop_output);
  runtime.instance->perform({kStop, output, 0, Seq{1}, 0});
  EXPECT_EQ(runtime.actor.stop_output, (Bytes{1, 2}));
}

TEST(Runtime, TellsAGuestThatItStopsButNotThatItIsKilled) {
  Runtime runtime;
  actor::EventBatch batch({});
  EXPECT_FALSE(runtime.instance->has_parting_event());
  runtime.instance->expect_stop(actor::EndReason::kStop);
  ASSERT_TRUE(runtime.instance->has_parting_event());
  runtime.instance->events()->take(batch);
  ASSERT_EQ(batch.size(), 1u);
  const auto event = wasm::from_binary<host::Event<Payload>>(batch[0]);
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<0>(event->payload.value), "the actor was asked to stop");

  runtime.instance->expect_stop(actor::EndReason::kFault);
  EXPECT_FALSE(runtime.instance->has_parting_event()) << "nobody is there to be told";
  runtime.instance->expect_stop(actor::EndReason::kRestart);
  runtime.instance->stop(actor::StopMode::kDrain);
  EXPECT_TRUE(runtime.instance->has_parting_event()) << "it is told while the others stop";
  runtime.instance->stop(actor::StopMode::kKill);
  EXPECT_FALSE(runtime.instance->events()->has_events());
}

}  // namespace
}  // namespace theater::hosts::runtime
