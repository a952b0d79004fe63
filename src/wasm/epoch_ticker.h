// EpochTicker: the thread that advances an engine's epoch while guests run.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "base/time.h"

struct wasm_engine_t;

namespace theater::wasm {

/// Counts ticks and tells them to the engine: several at a time, and one at a time for a while
/// after a long call has yielded. After a second without guests it parks, so that an idle node does
/// not wake up. Members may be called from any thread.
class EpochTicker {
 public:
  EpochTicker(wasm_engine_t* engine, Nanoseconds tick_length);
  ~EpochTicker();
  EpochTicker(const EpochTicker&) = delete;
  EpochTicker& operator=(const EpochTicker&) = delete;

  void start_thread();
  void tick(std::uint64_t count);
  std::uint64_t ticks() const { return ticks_.load(std::memory_order_relaxed); }
  Nanoseconds tick_length() const { return tick_length_; }
  /// Cheap; wakes the thread if it is parked.
  void note_activity() {
    active_.store(true);
    if (parked_.load()) wake();
  }
  /// A call was longer than its first slice: others wait for it now.
  void note_long_call() { has_long_call_.store(true, std::memory_order_relaxed); }

 private:
  void run();
  void wake();

  wasm_engine_t* engine_;
  Nanoseconds tick_length_;
  std::atomic<std::uint64_t> ticks_{0};
  std::atomic<bool> active_{false};
  std::atomic<bool> has_long_call_{false};
  std::atomic<bool> parked_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // under mutex_
  std::thread thread_;
};

}  // namespace theater::wasm
