// A queue never holds more than its bounds and its promises; what finds no room is refused,
// coalesced or dropped as the policy says, counted, and recorded in episodes; order stays
// (BOUND-1).
#include "host/event_queue.h"

#include <gtest/gtest.h>

#include "host/fake_actor.h"

namespace theater::host {
namespace {

struct User final : QueueUser {
  std::vector<std::pair<std::uint64_t, std::size_t>> taken;
  int resumed = 0;
  void on_taken(std::uint64_t source, std::size_t bytes) override {
    taken.push_back({source, bytes});
  }
  void on_resumed() override { ++resumed; }
  bool opens_batch(std::uint64_t source) const override { return source == kOpening; }
  static constexpr std::uint64_t kOpening = 99;
  void write_gap(std::uint64_t dropped, Bytes& out) override {
    append(out, as_bytes(fmt::format("gap{}", dropped)));
  }
};

struct EventQueueTest : testing::Test {
  FakeShard shard;
  FakeActor actor;
  User user;

  EventQueue make(QueuePolicy policy, QueueLimits limits) {
    return EventQueue({"test events", policy, limits}, user, actor, shard.clock);
  }
  static std::vector<std::string> take(EventQueue& queue, actor::BatchLimits limits = {}) {
    actor::EventBatch batch(limits);
    queue.take(batch);
    std::vector<std::string> events;
    for (std::size_t i = 0; i < batch.size(); ++i) events.emplace_back(as_text(batch[i]));
    return events;
  }
};

using Texts = std::vector<std::string>;

TEST_F(EventQueueTest, FifoInBatches) {
  EventQueue queue = make(QueuePolicy::kRefuse, {10, 100, 0});
  EXPECT_FALSE(queue.has_events());
  for (const char* text : {"a", "b", "c"}) EXPECT_EQ(queue.put(7, as_bytes(text)), Put::kQueued);
  EXPECT_EQ(actor.ready, 1);
  EXPECT_EQ(take(queue, {2, 100}), (Texts{"a", "b"}));
  EXPECT_EQ(take(queue, {2, 100}), (Texts{"c"}));
  EXPECT_EQ(user.taken.size(), 3u);
  EXPECT_EQ(queue.counters().in, 3u);
  EXPECT_EQ(queue.counters().out, 3u);
  EXPECT_EQ(queue.bytes(), 0u);
}

TEST_F(EventQueueTest, AnOpeningEventIsNeverBehindOthersInItsBatch) {
  EventQueue queue = make(QueuePolicy::kRefuse, {10, 100, 0});
  queue.put(1, as_bytes("a"));
  queue.put(User::kOpening, as_bytes("open1"));
  queue.put(User::kOpening, as_bytes("open2"));
  queue.put(1, as_bytes("b"));
  EXPECT_EQ(take(queue), (Texts{"a"}));
  EXPECT_EQ(take(queue), (Texts{"open1", "open2", "b"}));
}

TEST_F(EventQueueTest, RefusesBeyondItemsAndBytes) {
  EventQueue items = make(QueuePolicy::kRefuse, {2, 100, 0});
  items.put(0, as_bytes("a"));
  items.put(0, as_bytes("b"));
  EXPECT_EQ(items.put(0, as_bytes("c")), Put::kRefused);
  EXPECT_EQ(items.counters().refused, 1u);
  EventQueue bytes = make(QueuePolicy::kRefuse, {10, 4, 0});
  EXPECT_EQ(bytes.put(0, as_bytes("abcd")), Put::kQueued);
  EXPECT_EQ(bytes.put(0, as_bytes("e")), Put::kRefused);
  EXPECT_EQ(bytes.counters().peak_bytes, 4u);
}

TEST_F(EventQueueTest, OverflowIsRecordedAsItBeginsEachSecondAndAsItEnds) {
  EventQueue queue = make(QueuePolicy::kRefuse, {1, 100, 0});
  queue.put(0, as_bytes("a"));
  for (int i = 0; i < 5; ++i) queue.put(0, as_bytes("x"));
  ASSERT_EQ(actor.overflows.size(), 1u);
  EXPECT_EQ(actor.overflows[0].items, 1u);
  shard.executor.advance(std::chrono::seconds(1));
  queue.put(0, as_bytes("x"));
  ASSERT_EQ(actor.overflows.size(), 2u);
  EXPECT_EQ(actor.overflows[1].items, 6u);
  take(queue);
  ASSERT_EQ(actor.overflows.size(), 3u);
  queue.put(0, as_bytes("a"));
  EXPECT_EQ(actor.overflows.size(), 3u);
}

TEST_F(EventQueueTest, CoalescesByKeyInPlace) {
  EventQueue queue = make(QueuePolicy::kCoalesce, {2, 100, 0});
  queue.put(1, as_bytes("a1"), "a");
  queue.put(2, as_bytes("b1"), "b");
  EXPECT_EQ(queue.put(1, as_bytes("a22"), "a"), Put::kCoalesced);
  EXPECT_EQ(queue.put(3, as_bytes("c"), "c"), Put::kRefused);
  EXPECT_EQ(queue.bytes(), 5u);
  EXPECT_EQ(take(queue), (Texts{"a22", "b1"}));
  EXPECT_EQ(queue.put(1, as_bytes("a3"), "a"), Put::kQueued);
}

TEST_F(EventQueueTest, DropsOldestAndSaysSo) {
  EventQueue queue = make(QueuePolicy::kDropOldest, {2, 100, 1});
  ASSERT_TRUE(queue.reserve(1));
  queue.put_reserved(9, as_bytes("kept"));
  for (const char* text : {"a", "b", "c", "d"}) queue.put(0, as_bytes(text));
  EXPECT_EQ(queue.counters().dropped, 2u);
  EXPECT_EQ(take(queue), (Texts{"gap2", "kept", "c", "d"}));
}

TEST_F(EventQueueTest, PromisesAreKeptWhenTheQueueIsFull) {
  EventQueue queue = make(QueuePolicy::kPause, {1, 100, 2});
  EXPECT_FALSE(queue.reserve(3));
  EXPECT_TRUE(queue.reserve(2));
  EXPECT_FALSE(queue.reserve(1));
  queue.put(0, as_bytes("a"));
  queue.put_reserved(0, as_bytes("last"));
  EXPECT_FALSE(queue.reserve(1));
  EXPECT_EQ(take(queue), (Texts{"a", "last"}));
  EXPECT_TRUE(queue.reserve(1));
  queue.unreserve(2);
  EXPECT_TRUE(queue.reserve(2));
}

TEST_F(EventQueueTest, PausesAtTheHighMarkAndResumesAtTheLow) {
  EventQueue queue = make(QueuePolicy::kPause, {8, 1000, 0});
  for (int i = 0; i < 5; ++i) queue.put(0, as_bytes("x"));
  EXPECT_FALSE(queue.is_paused());
  queue.put(0, as_bytes("x"));
  EXPECT_TRUE(queue.is_paused());
  take(queue, {3, 100});
  EXPECT_TRUE(queue.is_paused());
  take(queue, {1, 100});
  EXPECT_FALSE(queue.is_paused());
  EXPECT_EQ(user.resumed, 1);
  EXPECT_EQ(queue.counters().paused, 1u);
}

TEST_F(EventQueueTest, AnEventOfTwoPartsIsOne) {
  EventQueue queue = make(QueuePolicy::kRefuse, {10, 12, 0});
  Bytes body = to_bytes(as_bytes("body"));
  EXPECT_EQ(queue.put(7, as_bytes("head "), std::move(body)), Put::kQueued);
  EXPECT_TRUE(body.empty()) << "moved";
  EXPECT_EQ(queue.bytes(), 9u);
  body = to_bytes(as_bytes("more"));
  EXPECT_EQ(queue.put(7, as_bytes("-"), std::move(body)), Put::kRefused);
  EXPECT_EQ(as_text(body), "more") << "refused, it stays the caller's";
  EXPECT_EQ(queue.put(7, as_bytes("-")), Put::kQueued);
  EXPECT_EQ(take(queue), (Texts{"head body", "-"}));
  EXPECT_EQ(user.taken, (std::vector<std::pair<std::uint64_t, std::size_t>>{{7, 9}, {7, 1}}));
  EXPECT_EQ(queue.bytes(), 0u);
}

TEST_F(EventQueueTest, AnEventLargerThanABatchIsDeliveredAlone) {
  EventQueue queue = make(QueuePolicy::kRefuse, {8, 1000, 0});
  queue.put(0, as_bytes("a long event"));
  queue.put(0, as_bytes("b"));
  EXPECT_EQ(take(queue, {10, 4}), (Texts{"a long event"}));
  EXPECT_EQ(take(queue, {10, 4}), (Texts{"b"}));
}

}  // namespace
}  // namespace theater::host
