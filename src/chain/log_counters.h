// LogCounters: what a log has written since the process started, for whoever watches the node.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

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
  Nanoseconds sync_time{0};  // of all of them
};

/// The counters at work: written by the log thread, read by any.
class LogMeter {
 public:
  void wrote_batch(std::uint64_t events) {
    add(batches_, 1);
    add(events_, events);
  }
  void synced(Nanoseconds duration) {
    std::size_t bucket = 0;
    while (bucket < kSyncBounds.size() && duration > kSyncBounds[bucket]) ++bucket;
    add(syncs_[bucket], 1);
    add(sync_time_, static_cast<std::uint64_t>(duration.count()));
  }
  LogCounters read() const {
    LogCounters counters{
        batches_.load(std::memory_order_relaxed), events_.load(std::memory_order_relaxed), {}, {}};
    for (std::size_t i = 0; i < syncs_.size(); ++i) {
      counters.syncs[i] = syncs_[i].load(std::memory_order_relaxed);
    }
    counters.sync_time = Nanoseconds(sync_time_.load(std::memory_order_relaxed));
    return counters;
  }

 private:
  using Number = std::atomic<std::uint64_t>;
  /// One thread adds: a plain store is enough.
  static void add(Number& number, std::uint64_t more) {
    number.store(number.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }
  Number batches_{0}, events_{0}, sync_time_{0};
  std::array<Number, kSyncBounds.size() + 1> syncs_{};
};

}  // namespace theater::chain
