// The epoch thread: tick while guests run, park when they do not.
#include "wasm/epoch_ticker.h"

#include <wasmtime.h>

#include <algorithm>

#include "io/system_clock.h"

namespace theater::wasm {
namespace {

constexpr Nanoseconds kIdleBeforeParking = std::chrono::seconds(1);
constexpr std::uint64_t kTicksAtOnce = 5;  // while no call is long
constexpr int kFineTurns = 40;             // single ticks after a long call has yielded

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

void EpochTicker::tick(std::uint64_t count) {
  ticks_.fetch_add(count, std::memory_order_relaxed);
  for (; count > 0; --count) wasmtime_engine_increment_epoch(engine_);
}

void EpochTicker::wake() {
  {
    const std::lock_guard lock(mutex_);
    parked_.store(false);
  }
  changed_.notify_all();
}

/// Ticks by the clock: a thread that wakes up late makes up for it.
void EpochTicker::run() {
  const io::SystemClock clock;
  Nanoseconds idle{0};
  int fine_turns = 0;
  MonotonicTime ticked = clock.now();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const Nanoseconds pause = tick_length_ * (fine_turns > 0 ? 1 : kTicksAtOnce);
    changed_.wait_for(lock, pause, [this] { return stopping_; });
    const auto passed = std::max<std::int64_t>((clock.now() - ticked) / tick_length_, 1);
    ticked = ticked + tick_length_ * passed;
    tick(static_cast<std::uint64_t>(passed));
    fine_turns = has_long_call_.exchange(false) ? kFineTurns : std::max(fine_turns - 1, 0);
    idle = active_.exchange(false) ? Nanoseconds{0} : idle + tick_length_ * passed;
    if (idle < kIdleBeforeParking) continue;
    parked_.store(true);
    if (active_.load()) parked_.store(false);  // a guest came in between
    changed_.wait(lock, [this] { return stopping_ || !parked_.load(); });
    idle = Nanoseconds{0};
    ticked = clock.now();
  }
}

}  // namespace theater::wasm
