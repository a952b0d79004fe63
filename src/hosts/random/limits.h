// The random family's limits: keys of [grants.random].
#pragma once

#include "host/limit_field.h"

namespace theater::hosts::random {

struct Limits {
  std::uint64_t bytes_max = 64 * 1024;  // of one call
};

inline constexpr host::LimitField<Limits> kLimitFields[] = {
    {"bytes_max", &Limits::bytes_max, 1, 1 << 20, host::LimitField<Limits>::Unit::kBytes},
};

}  // namespace theater::hosts::random
