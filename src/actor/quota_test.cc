// An actor that has used up its log takes nothing new: what is under way and owed is finished, its
// stop is recorded, nothing is dropped, the count survives a restart, and with a larger quota it
// goes on (BOUND-1).
#include <gtest/gtest.h>

#include "actor/limits.h"
#include "actor/testing/actor_fixture.h"

namespace theater::actor::testing {
namespace {

constexpr std::uint64_t kLogMax = 64 << 10;
constexpr std::size_t kEventBytes = 4000;

class QuotaTest : public ActorFixture {
 protected:
  QuotaTest() { set_log_max("64KiB"); }

  void set_log_max(std::string_view text) {
    manifest_text = fmt::format(
        "name = \"probe\"\ncomponent = \"x\"\n[limits]\nlog_max = \"{}\"\n[grants.probe]\n", text);
  }
  /// An event that is large and does nothing but that.
  void push_large() { script.push(1, std::string(kEventBytes, '0')); }
  std::uint64_t log_bytes() const { return actor->status().log_bytes; }
  /// Events one by one, until the quota leaves room for less than `left` bytes.
  void fill(std::uint64_t left = 0) {
    while (log_bytes() + left < kLogMax) {
      push_large();
      settle();
      ASSERT_TRUE(script.queue.empty());
    }
  }
};

TEST_F(QuotaTest, NothingNewIsTakenOnceTheLogIsUsedUp) {
  start();
  EXPECT_GT(log_bytes(), 0u);
  fill();
  EXPECT_EQ(log_spent, 1);
  EXPECT_LT(log_bytes(), kLogMax + 2 * kEventBytes);
  const std::size_t before = log.events().size();
  for (int i = 0; i < 3; ++i) push_large();
  settle();
  executor.advance(std::chrono::hours(1));
  settle();
  EXPECT_EQ(kinds(before), "") << "what waits is not recorded, and neither is the waiting";
  EXPECT_EQ(script.queue.size(), 3u) << "it waits where sources rest or refuse";
  EXPECT_EQ(actor->status().phase, Phase::kRunning);
  EXPECT_FALSE(actor->status().has_instance) << "it is as idle as any";
  EXPECT_EQ(log_spent, 1) << "told once";
}

TEST_F(QuotaTest, EffectsOfTheLastCommitLeave) {
  start();
  fill(kEventBytes);
  script.push(5, "e" + std::string(kEventBytes, '0'));
  settle();
  ASSERT_GE(log_bytes(), kLogMax);
  EXPECT_EQ(script.count("perform effect 5"), 1u);
}

TEST_F(QuotaTest, WhatIsOwedIsDelivered) {
  start();
  fill(kEventBytes);
  const std::size_t before = log.events().size();
  push_large();
  script.push(2, "+");
  script.push(3, "x");
  settle();
  ASSERT_GE(log_bytes(), kLogMax);
  EXPECT_EQ(kinds(before), "recv trap recv commit recv commit recv trap")
      << "the batch failed, each of its events was delivered alone";
  EXPECT_EQ(state(), "+");
}

TEST_F(QuotaTest, AnAnswerThatComesLateIsRecordedAndTheCallFinished) {
  start();
  fill(kEventBytes);
  script.push(1, "w" + std::string(kEventBytes, '0') + "+");
  settle();
  ASSERT_EQ(script.waits.size(), 1u);
  ASSERT_GE(log_bytes(), kLogMax);
  const std::size_t before = log.events().size();
  Bytes answer;
  wasm::BinaryWriter(answer).unsigned_number(7);
  script.port->answer_wait(script.waits[0], answer);
  settle();
  EXPECT_EQ(kinds(before), "host-res commit");
}

TEST_F(QuotaTest, WhatOverflowsIsRecordedAllTheSame) {
  start();
  fill();
  const std::size_t before = log.events().size();
  script.port->record_overflow({"probe events", chain::OverflowPolicy::kRefuse, 1, 10});
  EXPECT_EQ(kinds(before), "overflow");
}

TEST_F(QuotaTest, AStopTellsTheGuestAndIsRecorded) {
  start();
  fill();
  script.push(1, "+");
  settle();
  ASSERT_EQ(script.queue.size(), 1u);
  const std::size_t before = log.events().size();
  script.parting = "+";
  actor->stop();
  settle();
  EXPECT_EQ(kinds(before), "recv commit lifecycle");
  EXPECT_EQ(state(), "++") << "what waited is delivered with it";
  EXPECT_EQ(actor->status().phase, Phase::kStopped);
}

/// Else each restart would let it record another queue of events.
TEST_F(QuotaTest, AStopFarBeyondTheQuotaDeliversNothing) {
  start();
  fill();
  log.set_record_bytes(kLogOverrunBytesMax);
  script.port->record_overflow({"probe events", chain::OverflowPolicy::kRefuse, 1, 10});
  script.push(1, "+");
  const std::size_t before = log.events().size();
  actor->stop();
  settle();
  EXPECT_EQ(kinds(before), "lifecycle");
  EXPECT_EQ(actor->status().phase, Phase::kStopped);
}

TEST_F(QuotaTest, OneCallCannotGoFarBeyondIt) {
  start();
  log.set_record_bytes(1 << 20);
  const std::size_t before = log.events().size();
  script.push(1, "e" + std::string(100, 'r') + "+");
  settle();
  EXPECT_EQ(std::get<chain::TrapBody>(last().body).reason, chain::TrapReason::kLimit);
  EXPECT_EQ(actor->status().last_error, kLogSpentText);
  EXPECT_LT(log.events().size() - before, 20u);
  EXPECT_LT(log_bytes(), kLogMax + kLogOverrunBytesMax + (4u << 20));
  EXPECT_EQ(script.count("perform"), 0u);
  EXPECT_EQ(state(), "");
  EXPECT_EQ(actor->status().phase, Phase::kRunning);
}

TEST_F(QuotaTest, ARestartCountsTheSameAndALargerQuotaLetsItGoOn) {
  start();
  fill();
  const std::uint64_t bytes = log_bytes();
  log_spent = 0;
  ASSERT_TRUE(crash_and_open());
  EXPECT_GE(log_bytes(), bytes);
  settle();
  EXPECT_EQ(started, std::vector<std::string>{""}) << "it starts";
  EXPECT_EQ(log_spent, 1) << "each process tells";
  script.push(1, "+");
  settle();
  EXPECT_EQ(state(), "");

  set_log_max("80KiB");
  log_spent = 0;
  ASSERT_TRUE(crash_and_open());
  settle();
  EXPECT_EQ(log_spent, 0);
  script.push(1, "+");
  settle();
  EXPECT_EQ(state(), "+");
}

TEST_F(QuotaTest, AStartThatOwesADeliveryMakesIt) {
  start();
  fill(kEventBytes);
  push_large();
  script.push(2, "w");
  settle();
  ASSERT_GE(log_bytes(), kLogMax);
  ASSERT_EQ(script.waits.size(), 1u);
  ASSERT_TRUE(crash_and_open());
  settle();
  EXPECT_EQ(started, std::vector<std::string>{""});
  EXPECT_EQ(state(), "?");
}

}  // namespace
}  // namespace theater::actor::testing
