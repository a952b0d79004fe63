// The epoch thread: tick while guests run, park when they do not.
#include "wasm/epoch_ticker.h"

#include <wasmtime.h>

namespace theater::wasm {
namespace {

constexpr Nanoseconds kIdleBeforeParking = std::chrono::seconds(1);

}  // namespace

EpochTicker::EpochTicker(wasm_engine_t* engine, Nanoseconds tick_length)
    : engine_(engine), tick_length_(tick_length) {}

EpochTicker::~EpochTicker() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void EpochTicker::start_thread() {
  thread_ = std::thread([this] { run(); });
}

void EpochTicker::tick() {
  ticks_.fetch_add(1, std::memory_order_relaxed);
  wasmtime_engine_increment_epoch(engine_);
}

void EpochTicker::wake() {
  {
    const std::lock_guard lock(mutex_);
    parked_.store(false);
  }
  changed_.notify_all();
}

void EpochTicker::run() {
  Nanoseconds idle{0};
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait_for(lock, tick_length_, [this] { return stopping_; });
    tick();
    idle = active_.exchange(false) ? Nanoseconds{0} : idle + tick_length_;
    if (idle < kIdleBeforeParking) continue;
    parked_.store(true);
    if (active_.load()) parked_.store(false);  // a guest came in between
    changed_.wait(lock, [this] { return stopping_ || !parked_.load(); });
    idle = Nanoseconds{0};
  }
}

}  // namespace theater::wasm
