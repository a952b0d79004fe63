// The timer family's limits: keys of [grants.timer].
#pragma once

#include "host/limit_field.h"

namespace theater::hosts::timer {

struct Limits {
  std::uint64_t timers_max = 1024;  // armed at once
  Nanoseconds period_min = Milliseconds(10);
};

inline constexpr host::LimitField<Limits> kLimitFields[] = {
    {"timers_max", &Limits::timers_max, 1, 100'000},
    {"period_min", &Limits::period_min, 1'000'000, 3'600'000'000'000},
};

inline constexpr std::size_t kNameBytesMax = 256;
/// Delays and periods; about ten years, so that no sum of times overflows.
inline constexpr std::uint64_t kDelayMsMax = 315'360'000'000;
/// Commands of committed but not yet durable invocations.
inline constexpr std::size_t kPendingMax = 8192;
/// How long a timer set by wall time sleeps before it looks at the clock again, which may have
/// jumped.
inline constexpr Nanoseconds kWallLook = std::chrono::seconds(10);
/// How long a tick that found the queue full waits.
inline constexpr Nanoseconds kRetry = Milliseconds(100);

}  // namespace theater::hosts::timer
