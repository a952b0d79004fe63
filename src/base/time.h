// Points in time and spans of it. Monotonic time orders and measures; wall time is for people.
#pragma once

#include <chrono>
#include <cstdint>

namespace theater {

using Nanoseconds = std::chrono::nanoseconds;
using Microseconds = std::chrono::microseconds;
using Milliseconds = std::chrono::milliseconds;

/// Time since an arbitrary start; never falls within a process.
struct MonotonicTime {
  Nanoseconds since_start{0};
  auto operator<=>(const MonotonicTime&) const = default;
  MonotonicTime operator+(Nanoseconds span) const { return {since_start + span}; }
  Nanoseconds operator-(MonotonicTime earlier) const { return since_start - earlier.since_start; }
};

/// Time since 1970-01-01 UTC; may jump.
struct WallTime {
  Nanoseconds since_epoch{0};
  auto operator<=>(const WallTime&) const = default;
  WallTime operator+(Nanoseconds span) const { return {since_epoch + span}; }
  Nanoseconds operator-(WallTime earlier) const { return since_epoch - earlier.since_epoch; }
  std::uint64_t microseconds() const {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<Microseconds>(since_epoch).count());
  }
};

}  // namespace theater
