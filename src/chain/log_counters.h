// LogCounters: what a log has written since the process started, for whoever watches the node.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

#include "base/time.h"

namespace theater::chain {

/// The upper bounds of the buckets in which syncs are counted by their duration; one more bucket
/// takes the rest.
inline constexpr std::array<Nanoseconds, 12> kSyncBounds = {
    Microseconds(50), Microseconds(100),  Microseconds(250), Microseconds(500),
    Milliseconds(1),  Microseconds(2500), Milliseconds(5),   Milliseconds(10),
    Milliseconds(25), Milliseconds(50),   Milliseconds(100), Milliseconds(1000)};

/// A picture; its numbers may belong to two neighbouring batches.
struct LogCounters {
  std::uint64_t batches = 0;
  std::uint64_t events = 0;
  std::array<std::uint64_t, kSyncBounds.size() + 1> syncs{};
  Nanoseconds sync_time{0};                 // of all of them
  std::optional<MonotonicTime> sync_begun;  // of the one under way
  std::uint64_t undurable_events = 0;
};

/// The queue between a shard and the log thread.
struct ShardQueueCounters {
  std::uint64_t bytes = 0, high_water_bytes = 0;
  std::uint64_t refused = 0;  // events that found no room
};

/// The counters at work: written by the log thread, read by any.
class LogMeter {
 public:
  void wrote_batch(std::uint64_t events) {
    add(batches_, 1);
    add(events_, events);
  }
  void begins_sync(MonotonicTime now) {
    sync_begun_.store(now.since_start.count(), std::memory_order_relaxed);
  }
  void synced(Nanoseconds duration) {
    sync_begun_.store(kNone, std::memory_order_relaxed);
    std::size_t bucket = 0;
    while (bucket < kSyncBounds.size() && duration > kSyncBounds[bucket]) ++bucket;
    add(syncs_[bucket], 1);
    add(sync_time_, static_cast<std::uint64_t>(duration.count()));
  }
  LogCounters read() const {
    LogCounters counters;
    counters.batches = batches_.load(std::memory_order_relaxed);
    counters.events = events_.load(std::memory_order_relaxed);
    for (std::size_t i = 0; i < syncs_.size(); ++i) {
      counters.syncs[i] = syncs_[i].load(std::memory_order_relaxed);
    }
    const auto begun = sync_begun_.load(std::memory_order_relaxed);
    if (begun != kNone) counters.sync_begun = MonotonicTime{Nanoseconds(begun)};
    counters.sync_time = Nanoseconds(sync_time_.load(std::memory_order_relaxed));
    return counters;
  }

 private:
  using Number = std::atomic<std::uint64_t>;
  /// One thread adds: a plain store is enough.
  static void add(Number& number, std::uint64_t more) {
    number.store(number.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }
  static constexpr std::int64_t kNone = INT64_MIN;
  std::atomic<std::int64_t> sync_begun_{kNone};
  Number batches_{0}, events_{0}, sync_time_{0};
  std::array<Number, kSyncBounds.size() + 1> syncs_{};
};

}  // namespace theater::chain
