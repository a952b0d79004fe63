// A page comes at the latest at its deadline, made from the shards that have answered; whoever asks
// meanwhile gets the same page; a shard that has not answered is not asked again, and what it
// answers too late is no page's.
#include "node/metrics.h"

#include <gmock/gmock.h>

#include "actor/testing/fake_log.h"
#include "host/fake_actor.h"
#include "io/stepping_executor.h"

namespace theater::node {
namespace {

using testing::HasSubstr;
using testing::Not;

struct MetricsTest : testing::Test {
  actor::testing::FakeLog log;
  host::FakeLog lines;
  io::WorkerThread worker{"test"};
  io::ManualClock clock;
  io::SteppingExecutor control{clock};
  io::LookupThreads lookups{clock};
  ShardThread quick{{log, lines, worker, lookups}, 0};
  ShardThread stuck{{log, lines, worker, lookups}, 1};
  Metrics metrics{{control, clock, log}};
  std::vector<std::string> pages;

  MetricsTest() {
    metrics.watch(quick);
    metrics.watch(stuck);
  }
  ~MetricsTest() override {
    worker.stop();
    lookups.stop();
  }
  void ask() {
    metrics.page([this](const std::string& page) { pages.push_back(page); });
  }
  /// Lets a shard work; answers how many tasks it had.
  static std::size_t work(ShardThread& shard) {
    return static_cast<io::AsioExecutor&>(shard.executor()).poll();
  }
  static constexpr const char* kStuck = "theater_shard_answered{shard=\"1\"} 0\n";
  static constexpr const char* kAnswered = "theater_shard_answered{shard=\"1\"} 1\n";
};

TEST_F(MetricsTest, ThePageComesWhenEveryShardHasAnswered) {
  ask();
  work(quick);
  control.run();
  EXPECT_TRUE(pages.empty());
  work(stuck);
  control.run();
  ASSERT_EQ(pages.size(), 1u);
  EXPECT_THAT(pages[0], HasSubstr(kAnswered));
  EXPECT_THAT(pages[0], HasSubstr("theater_shard_actors{shard=\"1\"} 0\n"));
  EXPECT_EQ(control.timer_count(), 0u);
}

TEST_F(MetricsTest, AtTheDeadlineItIsMadeFromWhatThereIs) {  // BOUND-1
  ask();
  work(quick);
  control.run();
  control.advance(kMeasureDeadline - Nanoseconds(1));
  EXPECT_TRUE(pages.empty());
  control.advance(Nanoseconds(1));
  ASSERT_EQ(pages.size(), 1u);
  EXPECT_THAT(pages[0], HasSubstr(kStuck));
  EXPECT_THAT(pages[0], HasSubstr("theater_shard_answered{shard=\"0\"} 1\n"));
  EXPECT_THAT(pages[0], Not(HasSubstr("theater_shard_actors{shard=\"1\"}")));
  EXPECT_THAT(pages[0], HasSubstr("theater_chain_durable_lsn 0\n"));
}

TEST_F(MetricsTest, WhoeverAsksMeanwhileGetsTheSamePage) {
  ask();
  ask();
  work(quick);
  work(stuck);
  control.run();
  ASSERT_EQ(pages.size(), 2u);
  EXPECT_EQ(pages[0], pages[1]);
}

TEST_F(MetricsTest, AShardIsAskedOnceAndItsLateAnswerIsNoPages) {
  ask();
  control.advance(kMeasureDeadline);
  ask();
  control.advance(kMeasureDeadline);
  ASSERT_EQ(pages.size(), 2u);
  EXPECT_THAT(pages[1], HasSubstr(kStuck));
  EXPECT_EQ(work(stuck), 1u) << "asked once for both pages";
  control.run();
  EXPECT_EQ(pages.size(), 2u);
  ask();
  work(quick);
  work(stuck);
  control.run();
  ASSERT_EQ(pages.size(), 3u);
  EXPECT_THAT(pages[2], HasSubstr(kAnswered));
}

TEST_F(MetricsTest, TellsOfADiskThatFillsAndOfALogThatFailed) {
  log.set_disk(chain::DiskState::kSoft);
  log.fail();
  ask();
  control.advance(kMeasureDeadline);
  ASSERT_EQ(pages.size(), 1u);
  EXPECT_THAT(pages[0], HasSubstr("theater_chain_disk_state{state=\"soft\"} 1\n"));
  EXPECT_THAT(pages[0], HasSubstr("theater_chain_disk_state{state=\"good\"} 0\n"));
  EXPECT_THAT(pages[0], HasSubstr("theater_chain_failed 1\n"));
}

}  // namespace
}  // namespace theater::node
