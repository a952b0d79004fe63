// The terminal family's limits: keys of [grants.terminal], and bounds nobody needs to change.
#pragma once

#include "host/limit_field.h"

namespace theater::hosts::terminal {

struct Limits {
  std::uint64_t out_max = 256 * 1024;     // bytes that wait to be shown
  std::uint64_t queue_items = 256;        // events that wait for the actor; then keys wait
  std::uint64_t queue_bytes = 64 * 1024;  // bytes of them
};

inline constexpr host::LimitField<Limits> kLimitFields[] = {
    {"out_max", &Limits::out_max, 4096, 16 << 20, host::LimitField<Limits>::Unit::kBytes},
    {"queue_items", &Limits::queue_items, 8, 65'536},
    {"queue_bytes", &Limits::queue_bytes, 32'768, 16 << 20, host::LimitField<Limits>::Unit::kBytes},
};

inline constexpr std::size_t kChunkBytes = 4096;  // of an input event
/// Events besides input, of which one each may wait: resized, interrupted, closed.
inline constexpr std::uint64_t kPromises = 3;
/// Between two looks at the size.
inline constexpr Nanoseconds kSizePeriod = Milliseconds(200);
/// What is not shown by then when the actor ends is lost.
inline constexpr Nanoseconds kPartingTime = std::chrono::seconds(1);

}  // namespace theater::hosts::terminal
