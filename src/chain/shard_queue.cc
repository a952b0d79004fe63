// The ring between a shard and the log thread.
#include "chain/shard_queue.h"

#include <new>

#include "base/check.h"

namespace theater::chain {
namespace {

constexpr std::size_t kAlign = 64;
constexpr std::size_t kWarmBytes = 256 * 1024;  // an empty ring that is used beyond starts again

constexpr std::size_t entry_size(std::size_t frame_bytes) {
  return (sizeof(QueueEntry) + frame_bytes + kAlign - 1) / kAlign * kAlign;
}

}  // namespace

ShardQueue::ShardQueue(std::size_t capacity_bytes)
    : capacity_(capacity_bytes / kAlign * kAlign),
      memory_(std::make_unique_for_overwrite<std::uint8_t[]>(capacity_ + kAlign)) {
  const auto raw = reinterpret_cast<std::uintptr_t>(memory_.get());
  ring_ = memory_.get() + (kAlign - raw % kAlign) % kAlign;
}

ShardQueue::~ShardQueue() {
  const Taking taking(*this);
  while (QueueEntry* entry = front()) {
    delete entry->pay;
    pop();
  }
}

QueueEntry* ShardQueue::entry_at(std::uint64_t position) {
  return std::launder(reinterpret_cast<QueueEntry*>(ring_ + position % capacity_));
}

/// Fills the ring up to its end with an entry that says so. There is room: the caller has looked.
void ShardQueue::skip_to_begin(std::uint64_t tail) {
  auto* const filler = new (ring_ + tail % capacity_) QueueEntry{};
  filler->entry_bytes = capacity_ - tail % capacity_;
  tail_.store(tail + filler->entry_bytes, std::memory_order_release);
}

/// Moves both positions of an empty ring to its begin, unless the consumer is looking at them.
void ShardQueue::start_again(std::uint64_t tail) {
  const std::unique_lock lock(taking_, std::try_to_lock);
  if (!lock.owns_lock()) return;
  const std::uint64_t begin = tail + (capacity_ - tail % capacity_);
  tail_.store(begin, std::memory_order_release);
  head_.store(begin, std::memory_order_release);  // the later: never beyond the tail
  known_head_ = taken_ = known_tail_ = begin;
}

bool ShardQueue::is_half_full() {
  if (known_bytes() > capacity_ / 2) look();
  return known_bytes() > capacity_ / 2;
}

QueueEntry* ShardQueue::reserve(std::size_t frame_bytes, Room room) {
  const std::size_t wanted = entry_size(frame_bytes);
  const std::size_t allowed = room == Room::kHalf ? capacity_ / 2 : capacity_;
  std::uint64_t tail = tail_.load(std::memory_order_relaxed);
  std::uint64_t at = tail % capacity_;
  if (at > kWarmBytes) {
    look();
    if (known_head_ == tail) start_again(tail);
    tail = tail_.load(std::memory_order_relaxed);
    at = tail % capacity_;
  }
  const bool wraps = at + wanted > capacity_;
  const std::size_t needed = wanted + (wraps ? capacity_ - at : 0);
  if (known_bytes() + needed > allowed) look();
  if (known_bytes() + needed > allowed) {
    refused_.store(refused() + 1, std::memory_order_relaxed);
    return nullptr;
  }
  if (wraps) {
    skip_to_begin(tail);
    at = 0;
  }
  return new (ring_ + at) QueueEntry{};
}

void ShardQueue::publish(QueueEntry& entry) {
  CHECK(entry.frame_bytes > 0, "a frame has bytes");
  entry.entry_bytes = entry_size(entry.frame_bytes);
  const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
  tail_.store(tail + entry.entry_bytes, std::memory_order_release);
}

QueueEntry* ShardQueue::front() {
  for (;;) {
    if (taken_ == known_tail_) known_tail_ = tail_.load(std::memory_order_acquire);
    if (taken_ == known_tail_) return nullptr;
    QueueEntry* const entry = entry_at(taken_);
    if (entry->frame_bytes != 0) return entry;
    taken_ += entry->entry_bytes;
  }
}

void ShardQueue::pop() { taken_ += entry_at(taken_)->entry_bytes; }

std::uint64_t ShardQueue::bytes() const {
  const std::uint64_t head = head_.load(std::memory_order_acquire);
  return tail_.load(std::memory_order_acquire) - head;
}

}  // namespace theater::chain
