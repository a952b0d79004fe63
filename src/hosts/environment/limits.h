// The environment family's limits: keys of [grants.environment], and bounds of the grant itself.
#pragma once

#include "host/limit_field.h"

namespace theater::hosts::environment {

struct Limits {
  std::uint64_t value_max = 32 * 1024;  // bytes; longer values are not shown
};

inline constexpr host::LimitField<Limits> kLimitFields[] = {
    {"value_max", &Limits::value_max, 1, 128 << 10, host::LimitField<Limits>::Unit::kBytes},
};

inline constexpr std::size_t kNamesMax = 256;      // in `allow`, and in `prefixes`
inline constexpr std::size_t kNameBytesMax = 256;  // of each

}  // namespace theater::hosts::environment
