// Turn: how much of a work for many one task does.
#pragma once

#include <cstddef>

#include "io/clock.h"

namespace theater::host {

/// A number of steps says what a task costs while nothing disturbs it; this holds when something
/// does.
inline constexpr Nanoseconds kTurnTime = Milliseconds(1);

/// One task's steps of a work that goes on in others, so that the shard's other work comes in
/// between. The first one is always done.
class Turn {
 public:
  /// `clock` outlives it.
  Turn(const io::Clock& clock, std::size_t steps_max)
      : clock_(clock), steps_left_(steps_max), end_(clock.now() + kTurnTime) {}

  /// Whether one more step belongs to this turn; counts it.
  bool take() {
    if (steps_left_ == 0 || (has_begun_ && clock_.now() >= end_)) return false;
    --steps_left_;
    return has_begun_ = true;
  }

 private:
  const io::Clock& clock_;
  std::size_t steps_left_;
  const MonotonicTime end_;
  bool has_begun_ = false;
};

}  // namespace theater::host
