// ShardQueue: the frames of one shard on their way to the log thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "chain/limits.h"

namespace theater::chain {

/// Bytes of a frame that belong into the pay file. The log thread fills in where they went.
struct PayPiece {
  Bytes bytes;                 // salt first, if a payload
  std::uint32_t place_at = 0;  // offset in the frame of the attachment's file number
};
using PayPieces = std::vector<PayPiece>;

/// One frame in the queue.
struct QueueEntry {
  std::uint64_t entry_bytes = 0;  // this header, the frame, padding
  std::uint64_t frame_bytes = 0;  // 0: nothing here, go on at the ring's begin
  Lsn lsn;
  PayPieces* pay = nullptr;  // owned; released by whoever takes the entry
  Digest leaf;

  std::uint8_t* frame() { return reinterpret_cast<std::uint8_t*>(this + 1); }
};
static_assert(sizeof(QueueEntry) == 64);

/// A ring of bytes between exactly one producer (the shard's thread) and one consumer (the log
/// thread). Entries are contiguous. When the consumer has taken all, the producer starts again at
/// the ring's begin, so that it works in a small, warm piece of memory. Full is an answer, not a
/// wait. Entries left at destruction are released.
class ShardQueue {
 public:
  enum class Room : std::uint8_t {
    kHalf,  // for what can still be refused: so it leaves the other half to the rest
    kAll,   // for what has happened
  };
  explicit ShardQueue(std::size_t capacity_bytes);
  ~ShardQueue();
  ShardQueue(const ShardQueue&) = delete;
  ShardQueue& operator=(const ShardQueue&) = delete;

  /// Producer: room for an entry with a frame of up to `frame_bytes`; nullptr if there is none.
  QueueEntry* reserve(std::size_t frame_bytes, Room room = Room::kAll);
  /// Producer: whether more than half of the ring is taken.
  bool is_half_full();
  /// Producer: hands over the reserved entry; its fields but entry_bytes are filled in.
  void publish(QueueEntry& entry);

  /// Consumer: held while it takes entries; the ring does not start again meanwhile, and the
  /// producer, which never waits for it, gets all their room back at its end: one change of a cache
  /// line that both look at.
  class Taking {
   public:
    explicit Taking(ShardQueue& queue) : lock_(queue.taking_), queue_(queue) {}
    ~Taking() {
      queue_.note_high_water();
      queue_.head_.store(queue_.taken_, std::memory_order_release);
    }
    Taking(const Taking&) = delete;
    Taking& operator=(const Taking&) = delete;

   private:
    const std::unique_lock<std::mutex> lock_;
    ShardQueue& queue_;
  };
  /// Consumer, taking: the oldest entry, or nullptr. Valid until the taking ends.
  QueueEntry* front();
  void pop();

  /// Either: bytes in the queue; those that are being taken are counted until the taking ends.
  std::uint64_t bytes() const;
  /// Any thread: the most bytes that there were when entries were taken; entries that found no
  /// room.
  std::uint64_t high_water_bytes() const { return high_water_.load(std::memory_order_relaxed); }
  std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  void note_high_water() {
    const std::uint64_t now = bytes();
    if (now > high_water_bytes()) high_water_.store(now, std::memory_order_relaxed);
  }
  QueueEntry* entry_at(std::uint64_t position);
  std::uint64_t known_bytes() const {  // producer: no fewer than there are
    return tail_.load(std::memory_order_relaxed) - known_head_;
  }
  void look() { known_head_ = head_.load(std::memory_order_acquire); }
  void skip_to_begin(std::uint64_t tail);
  void start_again(std::uint64_t tail);

  static constexpr std::size_t kCacheLine = 64;
  const std::size_t capacity_;
  std::unique_ptr<std::uint8_t[]> memory_;
  std::uint8_t* ring_;
  alignas(kCacheLine) std::atomic<std::uint64_t> head_{0};  // positions only rise
  alignas(kCacheLine) std::atomic<std::uint64_t> tail_{0};
  alignas(kCacheLine) std::uint64_t known_head_ = 0;  // the producer's copy
  alignas(kCacheLine) std::mutex taking_;
  std::uint64_t taken_ = 0, known_tail_ = 0;  // under taking_: where the consumer is, its copy
  std::atomic<std::uint64_t> high_water_{0};  // under taking_
  std::atomic<std::uint64_t> refused_{0};     // the producer's
};

}  // namespace theater::chain
