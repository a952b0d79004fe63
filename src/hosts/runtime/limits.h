// The runtime family's limits: keys of [grants.runtime].
#pragma once

#include "host/limit_field.h"

namespace theater::hosts::runtime {

struct Limits {
  std::uint64_t log_line_max = 8 * 1024;  // bytes; longer lines are cut
  std::uint64_t log_rate = 1000;          // lines a second; more are counted and left out
};

inline constexpr host::LimitField<Limits> kLimitFields[] = {
    {"log_line_max", &Limits::log_line_max, 64, 1 << 20, host::LimitField<Limits>::Unit::kBytes},
    {"log_rate", &Limits::log_rate, 1, 1'000'000},
};

/// Lines of one invocation that are kept to be shown as rolled back.
inline constexpr std::size_t kRolledBackLinesMax = 64;

}  // namespace theater::hosts::runtime
