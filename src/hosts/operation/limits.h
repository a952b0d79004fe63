// The operation family's fixed bounds.
#pragma once

#include <chrono>
#include <cstdint>

namespace theater::hosts::operation {

inline constexpr std::uint64_t kWatchesMax = 1024;       // of an actor
inline constexpr std::uint32_t kEveryMsMin = 10;         // between two events of one operation
inline constexpr std::uint32_t kEveryMsMax = 3'600'000;  // an hour

}  // namespace theater::hosts::operation
