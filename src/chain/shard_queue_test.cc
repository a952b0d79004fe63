// Entries come out as they went in; a full ring says so; an empty ring is used from its begin
// again, but never while the consumer takes, and without losing room.
#include "chain/shard_queue.h"

#include <gtest/gtest.h>

#include <thread>

namespace theater::chain {
namespace {

constexpr std::size_t kCapacity = 1024 * 1024;
constexpr std::size_t kFrame = 10'000;

/// Puts an entry that says its number; nullptr if there is no room.
QueueEntry* put(ShardQueue& queue, std::uint64_t number,
                ShardQueue::Room room = ShardQueue::Room::kAll) {
  QueueEntry* const entry = queue.reserve(kFrame, room);
  if (entry == nullptr) return nullptr;
  entry->frame_bytes = kFrame;
  entry->lsn = Lsn{number};
  queue.publish(*entry);
  return entry;
}

/// Takes all there is; every number follows the one before.
std::uint64_t take_all(ShardQueue& queue, std::uint64_t next) {
  const ShardQueue::Taking taking(queue);
  while (QueueEntry* entry = queue.front()) {
    EXPECT_EQ(entry->lsn.value, next++);
    queue.pop();
  }
  return next;
}

TEST(ShardQueue, AnEmptyRingIsUsedFromItsBeginAgain) {
  ShardQueue queue(kCapacity);
  const QueueEntry* const first = put(queue, 0);
  std::uint64_t sent = 1, taken = take_all(queue, 0);
  for (int round = 0; round < 1000; ++round) {
    const QueueEntry* const entry = put(queue, sent++);
    ASSERT_NE(entry, nullptr);
    EXPECT_LT(reinterpret_cast<std::uintptr_t>(entry) - reinterpret_cast<std::uintptr_t>(first),
              kCapacity / 2);
    taken = take_all(queue, taken);
  }
  EXPECT_EQ(taken, sent);
}

TEST(ShardQueue, CountsWhatItHeldAndWhatItRefused) {
  ShardQueue queue(kCapacity);
  std::uint64_t sent = 0;
  for (; sent < 3; ++sent) ASSERT_NE(put(queue, sent), nullptr);
  EXPECT_EQ(queue.high_water_bytes(), 0u) << "nothing was taken yet";
  const std::uint64_t three = queue.bytes();
  take_all(queue, 0);
  EXPECT_EQ(queue.high_water_bytes(), three);
  ASSERT_NE(put(queue, sent++), nullptr);
  take_all(queue, 3);
  EXPECT_EQ(queue.high_water_bytes(), three);
  EXPECT_EQ(queue.refused(), 0u);
  while (put(queue, sent) != nullptr) ++sent;
  EXPECT_EQ(put(queue, sent), nullptr);
  EXPECT_EQ(queue.refused(), 2u);
  take_all(queue, 4);
  EXPECT_GT(queue.high_water_bytes(), kCapacity - 2 * three);
  EXPECT_LE(queue.high_water_bytes(), kCapacity);
}

TEST(ShardQueue, ARingThatStartedAgainHasAllItsRoom) {
  ShardQueue queue(kCapacity);
  std::uint64_t sent = 0, taken = 0;
  for (int i = 0; i < 50; ++i) {
    ASSERT_NE(put(queue, sent++), nullptr);
  }
  taken = take_all(queue, taken);
  std::uint64_t held = 0;
  while (put(queue, sent) != nullptr) {
    ++sent;
    ++held;
  }
  EXPECT_GE(held * kFrame, kCapacity - 2 * kFrame);
  EXPECT_EQ(take_all(queue, taken), sent);
  EXPECT_EQ(queue.bytes(), 0u);
}

TEST(ShardQueue, HalfOfTheRoomIsKeptForWhatHasHappened) {
  ShardQueue queue(kCapacity);
  std::uint64_t sent = 0;
  EXPECT_FALSE(queue.is_half_full());
  while (put(queue, sent, ShardQueue::Room::kHalf) != nullptr) ++sent;
  const std::uint64_t half = sent;
  EXPECT_LE(half * kFrame, kCapacity / 2);
  while (put(queue, sent) != nullptr) ++sent;
  EXPECT_TRUE(queue.is_half_full());
  EXPECT_GE(sent, 2 * half);
  EXPECT_EQ(put(queue, sent, ShardQueue::Room::kHalf), nullptr);
  EXPECT_EQ(take_all(queue, 0), sent);
  EXPECT_FALSE(queue.is_half_full());
  EXPECT_NE(put(queue, sent, ShardQueue::Room::kHalf), nullptr);
}

TEST(ShardQueue, StaysWhereItIsWhileTheConsumerTakes) {
  ShardQueue queue(kCapacity);
  std::uint64_t sent = 0;
  for (int i = 0; i < 50; ++i) put(queue, sent++);
  const QueueEntry* const before = put(queue, sent++);
  const std::uint64_t taken = take_all(queue, 0);
  ASSERT_EQ(taken, sent);
  const ShardQueue::Taking taking(queue);
  EXPECT_GT(put(queue, sent++), before);
  ASSERT_NE(queue.front(), nullptr);
  EXPECT_EQ(queue.front()->lsn.value, taken);
  queue.pop();
}

TEST(ShardQueue, TwoThreadsLoseAndReorderNothing) {
  ShardQueue queue(kCapacity);
  constexpr std::uint64_t kEntries = 50'000;
  std::thread consumer([&] {
    std::uint64_t taken = 0;
    while (taken < kEntries) taken = take_all(queue, taken);
  });
  for (std::uint64_t sent = 0; sent < kEntries;) {
    if (put(queue, sent) != nullptr) ++sent;
  }
  consumer.join();
  EXPECT_EQ(queue.bytes(), 0u);
}

}  // namespace
}  // namespace theater::chain
