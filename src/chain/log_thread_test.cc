// Several shards and the log thread at once: every append becomes durable once and in order, each
// shard is told, and stop leaves nothing behind. Runs under the thread sanitizer.
#include <gtest/gtest.h>

#include <thread>

#include "chain/log_fixture.h"
#include "io/executor.h"

namespace theater::chain {
namespace {

/// Counts what is posted; runs it on the posting thread, as one shard's queue of one task would.
class CountingExecutor final : public io::Executor {
 public:
  void post(io::Task task) override {
    posted.fetch_add(1);
    task();
  }
  io::TimerId after(Nanoseconds, io::Task) override { return {}; }
  void cancel(io::TimerId) override {}
  std::atomic<int> posted{0};
};

class RealClock final : public io::Clock {
 public:
  MonotonicTime now() const override {
    return {std::chrono::steady_clock::now().time_since_epoch()};
  }
  WallTime wall() const override { return {std::chrono::system_clock::now().time_since_epoch()}; }
};

TEST(LogThread, ManyShardsAndTheLogThreadAtOnce) {
  constexpr std::uint64_t kShards = 3, kEvents = 1500;
  LogFixture world;
  RealClock clock;
  world.options.shards = kShards;
  world.options.segment_bytes = 256 * 1024;
  world.options.batch_bytes_max = 64 * 1024;
  world.recovery = recover(world.disk, world.directory, world.node).value();
  world.log = LogWriter::open(world.disk, world.directory, world.recovery.end, world.options, clock,
                              world.random)
                  .value();
  CountingExecutor executors[kShards];
  std::atomic<std::uint64_t> told[kShards] = {};
  for (std::uint64_t i = 0; i < kShards; ++i) {
    world.log->subscribe({i}, executors[i], [&, i](Lsn lsn) { told[i].store(lsn.value); });
  }
  std::thread log_thread([&] { world.log->run(); });
  std::vector<std::thread> shards;
  std::atomic<std::uint64_t> last_lsn{0};
  for (std::uint64_t shard = 0; shard < kShards; ++shard) {
    shards.emplace_back([&, shard] {
      ActorChain::Head head{{}, {0}, {}, 0};
      head.actor.bytes[0] = static_cast<std::uint8_t>(shard + 1);
      ActorChain actor(*world.log, {shard}, clock, head);
      RecordDraft draft{Kind::kLifecycle};
      draft.body = LifecycleBody{LifecycleStep::kStart, shard};
      Lsn last;
      for (std::uint64_t i = 0; i < kEvents;) {
        const auto done = actor.append(draft);
        if (done) {
          ++i;
          last = done->lsn;
        } else {
          ASSERT_EQ(done.error().code, Code::kFull);
          std::this_thread::yield();
        }
        (void)world.log->undurable_bytes();
      }
      while (world.log->durable() < last) std::this_thread::yield();
      std::uint64_t seen = last_lsn.load();
      while (seen < last.value && !last_lsn.compare_exchange_weak(seen, last.value)) {
      }
    });
  }
  for (std::thread& shard : shards) shard.join();
  world.log->request_stop();
  log_thread.join();
  ASSERT_TRUE(world.log->stop());
  EXPECT_EQ(last_lsn.load(), kShards * kEvents);
  EXPECT_EQ(world.log->durable().value, kShards * kEvents);
  for (std::uint64_t i = 0; i < kShards; ++i) {
    EXPECT_GT(executors[i].posted.load(), 0);
    EXPECT_GT(told[i].load(), 0u);
  }
  world.log.reset();
  EXPECT_EQ(world.read()->size(), kShards * kEvents);
}

TEST(LogThread, WakesUpForWorkAndSealsWhenItRests) {
  LogFixture world;
  RealClock clock;
  world.recovery = recover(world.disk, world.directory, world.node).value();
  world.log = LogWriter::open(world.disk, world.directory, world.recovery.end, world.options, clock,
                              world.random)
                  .value();
  std::thread log_thread([&] { world.log->run(); });
  auto actor = world.create(1);
  for (int i = 0; i < 20; ++i) {
    const auto done = world.receive(*actor, 1, 10);
    ASSERT_TRUE(done);
    while (world.log->durable() < done->lsn) std::this_thread::yield();
  }
  world.log->request_stop();
  log_thread.join();
  ASSERT_TRUE(world.log->stop());
}

/// Whether the log thread sleeps, is about to or works: a group's end leaves nothing lying.
TEST(LogThread, AGroupIsWrittenWhenItEnds) {
  LogFixture world;
  RealClock clock;
  world.recovery = recover(world.disk, world.directory, world.node).value();
  world.log = LogWriter::open(world.disk, world.directory, world.recovery.end, world.options, clock,
                              world.random)
                  .value();
  std::thread log_thread([&] { world.log->run(); });
  auto actor = world.create(1);
  for (int i = 0; i < 300; ++i) {
    Lsn last;
    {
      const SubmitGroup group(*world.log, {0});
      for (int event = 0; event < i % 3; ++event) {
        const auto done = world.receive(*actor, 1, 10);
        ASSERT_TRUE(done);
        last = done->lsn;
      }
    }
    while (world.log->durable() < last) std::this_thread::yield();
  }
  world.log->request_stop();
  log_thread.join();
  ASSERT_TRUE(world.log->stop());
}

}  // namespace
}  // namespace theater::chain
