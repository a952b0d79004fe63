// An operation has exactly one last event, whatever races; nothing of a discarded invocation runs;
// slots and waiting are bounded; a late completion finds it ended and is counted; a restart follows
// the crash rule.
#include "host/operation.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace theater::host {
namespace {

using S = OperationState;
using I = OperationInput;

/// One letter a cell, inputs in order: '.' ignored, else the first letter of the next state; '='
/// if it stays.
std::string row(S state) {
  constexpr std::string_view kLetters = "pqrex";
  std::string letters;
  for (int input = 0; input < static_cast<int>(I::kCount); ++input) {
    const auto& it = kOperationTable.at(state, static_cast<I>(input));
    letters += it.kind == CellKind::kIgnore ? '.' : kLetters[static_cast<std::size_t>(it.next)];
  }
  return letters;
}

TEST(Operation, TheTable) {
  // commit discard begin finish cancel deadline interrupt again deliver
  EXPECT_EQ(row(S::kPrepared), "qx..e.xx.");
  EXPECT_EQ(row(S::kQueued), "..r.eee..");
  EXPECT_EQ(row(S::kRunning), "...eeeeq.");
  EXPECT_EQ(row(S::kEnded), "........x");
  EXPECT_EQ(row(S::kReleased), ".........");
}

struct OperationsTest : testing::Test, OperationUser {
  std::vector<std::string> log;
  Operations operations{{1, 3}, *this};
  void perform(OperationId id) override { log.push_back(fmt::format("perform {}", id.value)); }
  void abort(OperationId id) override { log.push_back(fmt::format("abort {}", id.value)); }
  void end(OperationId id, OperationEnd how) override {
    log.push_back(fmt::format("end {} {}", id.value, static_cast<int>(how)));
  }
  std::vector<std::string> take() { return std::exchange(log, {}); }
  void begin(std::uint64_t id, std::optional<MonotonicTime> deadline = {}) {
    ASSERT_TRUE(operations.prepare({id}, deadline));
    operations.settle(Operations::Settled::kCommitted);
    operations.start({id});
  }
};

using Log = std::vector<std::string>;
constexpr MonotonicTime at(int seconds) { return {std::chrono::seconds(seconds)}; }

TEST_F(OperationsTest, RunsInSlotsAndEndsOnce) {
  begin(1);
  begin(2);
  EXPECT_EQ(take(), Log{"perform 1"});
  EXPECT_TRUE(operations.finish({1}, OperationEnd::kDone));
  EXPECT_EQ(take(), (Log{"end 1 0", "perform 2"}));
  EXPECT_FALSE(operations.finish({1}, OperationEnd::kFailed));
  EXPECT_FALSE(operations.cancel({1}));
  EXPECT_EQ(operations.late(), 1u);
  EXPECT_EQ(operations.state({1}), S::kEnded);
  operations.delivered({1});
  EXPECT_EQ(operations.state({1}), std::nullopt);
  EXPECT_EQ(take(), Log{});
}

TEST_F(OperationsTest, DiscardedOnesNeverWere) {
  operations.prepare({1}, {});
  operations.settle(Operations::Settled::kDiscarded);
  operations.start({1});
  EXPECT_EQ(take(), Log{});
  EXPECT_EQ(operations.size(), 0u);
}

TEST_F(OperationsTest, CancelInEachState) {
  begin(1);
  begin(2);
  operations.prepare({3}, {});
  EXPECT_TRUE(operations.cancel({3}));
  operations.settle(Operations::Settled::kCommitted);
  operations.start({3});
  EXPECT_TRUE(operations.cancel({2}));
  EXPECT_TRUE(operations.cancel({1}));
  EXPECT_FALSE(operations.finish({1}, OperationEnd::kDone));
  EXPECT_EQ(take(), (Log{"perform 1", "end 3 2", "end 2 2", "abort 1", "end 1 2"}));
  EXPECT_FALSE(operations.cancel({9}));
  EXPECT_EQ(operations.running(), 0u);
}

TEST_F(OperationsTest, WaitingIsBounded) {
  begin(1);
  begin(2);
  begin(3);
  begin(4);
  EXPECT_FALSE(operations.prepare({5}, {}));
}

TEST_F(OperationsTest, DeadlinesEndQueuedAndRunningOnes) {
  begin(1, at(5));
  begin(2, at(3));
  EXPECT_EQ(operations.expire(at(2)), at(3));
  EXPECT_EQ(operations.expire(at(3)), at(5));
  EXPECT_EQ(operations.expire(at(6)), std::nullopt);
  EXPECT_EQ(take(), (Log{"perform 1", "end 2 4", "abort 1", "end 1 4"}));
}

/// Others have their turn in between (BLOCK-1); nothing begins that is overdue.
TEST_F(OperationsTest, OfManyThatAreOverdueSomeEndInEachTask) {
  constexpr std::size_t kMany = 2 * kExpiresMax + 1;
  Operations many({1, kMany}, *this);
  for (std::uint64_t id = 1; id <= kMany; ++id) {
    ASSERT_TRUE(many.prepare({id}, at(id % 2 == 0 ? 1 : 2)));
    many.settle(Operations::Settled::kCommitted);
    many.start({id});
  }
  EXPECT_EQ(take(), Log{"perform 1"});
  EXPECT_EQ(many.expire(at(3)), at(2)) << "the even ones were overdue longest";
  EXPECT_EQ(log.size(), kExpiresMax);
  EXPECT_EQ(log.front(), "end 2 4");
  EXPECT_EQ(many.expire(at(3)), at(2));
  EXPECT_EQ(many.expire(at(3)), std::nullopt);
  EXPECT_EQ(
      std::ranges::count_if(log, [](const auto& line) { return line.starts_with("perform"); }), 0);
  EXPECT_EQ(log.size(), kMany + 1) << "all ended, and the first was aborted";
  EXPECT_TRUE(many.prepare({kMany + 1}, {})) << "there is room again";
}

TEST_F(OperationsTest, ADiscardedOneTakesNoRoom) {
  for (int round = 0; round < 2; ++round) {
    for (std::uint64_t id = 1; id <= 3; ++id) ASSERT_TRUE(operations.prepare({id}, at(1)));
    EXPECT_FALSE(operations.prepare({4}, {}));
    EXPECT_TRUE(operations.cancel({2}));
    EXPECT_TRUE(operations.prepare({4}, {})) << "a cancelled one does not wait";
    operations.settle(Operations::Settled::kDiscarded);
    EXPECT_EQ(operations.size(), 0u);
    EXPECT_EQ(operations.next_deadline(), std::nullopt);
  }
}

TEST_F(OperationsTest, ARestartFollowsTheRule) {
  operations.restore({1}, {}, CrashRule::kInterrupt);
  operations.restore({2}, {}, CrashRule::kReissue);
  EXPECT_EQ(take(), (Log{"end 1 3", "perform 2"}));
  EXPECT_EQ(operations.pending(), (std::vector<OperationId>{{1}, {2}}));
  operations.abort_all();
  EXPECT_EQ(take(), Log{"abort 2"});
  EXPECT_EQ(operations.size(), 0u);
}

}  // namespace
}  // namespace theater::host
