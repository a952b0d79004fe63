// RateLimit: so many a second, and how many were left out.
#pragma once

#include <cstdint>
#include <utility>

#include "base/time.h"

namespace theater::host {

/// Counts in windows of a second. Pure; a value type.
class RateLimit {
 public:
  explicit RateLimit(std::uint64_t per_second) : per_second_(per_second) {}

  /// Whether one more is within the rate at `now`.
  bool admit(MonotonicTime now) {
    if (now - window_ >= std::chrono::seconds(1)) {
      window_ = now;
      used_ = 0;
    }
    if (used_ == per_second_) {
      ++left_out_;
      return false;
    }
    ++used_;
    return true;
  }
  /// How many were left out since it was last asked.
  std::uint64_t take_left_out() { return std::exchange(left_out_, 0); }

 private:
  std::uint64_t per_second_;
  std::uint64_t used_ = 0;
  std::uint64_t left_out_ = 0;
  MonotonicTime window_;
};

}  // namespace theater::host
