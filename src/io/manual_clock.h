// ManualClock and SeededRandom: time and chance as a test or a simulation says.
#pragma once

#include <cstdint>
#include <span>

#include "base/time.h"
#include "io/clock.h"

namespace theater::io {

/// Stands still until it is told otherwise. One thread.
class ManualClock final : public Clock {
 public:
  MonotonicTime now() const override { return now_; }
  WallTime wall() const override { return wall_; }

  /// Both times go on. SteppingExecutor::advance does this and runs what becomes due.
  void advance(Nanoseconds span) {
    now_ = now_ + span;
    wall_ = wall_ + span;
  }
  /// The wall clock jumps, as clocks do; monotonic time does not notice.
  void set_wall(WallTime wall) { wall_ = wall; }

 private:
  MonotonicTime now_{std::chrono::seconds(1)};
  WallTime wall_{std::chrono::seconds(1'700'000'000)};
};

/// SplitMix64: the same bytes for the same seed.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::uint8_t> buffer) override {
    for (std::size_t at = 0; at < buffer.size(); at += 8) {
      std::uint64_t word = next();
      for (std::size_t i = at; i < buffer.size() && i < at + 8; ++i, word >>= 8) {
        buffer[i] = static_cast<std::uint8_t>(word);
      }
    }
  }
  std::uint64_t next() {
    std::uint64_t word = (state_ += 0x9E3779B97F4A7C15);
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9;
    word = (word ^ (word >> 27)) * 0x94D049BB133111EB;
    return word ^ (word >> 31);
  }

 private:
  std::uint64_t state_;
};

}  // namespace theater::io
