// The filesystem family's limits: keys of [grants.filesystem], and bounds nobody needs to change.
#pragma once

#include "host/limit_field.h"

namespace theater::hosts::filesystem {

struct Limits {
  std::uint64_t file_max = 16u << 20;       // bytes of a file that is written or appended to
  std::uint64_t read_max = 1u << 20;        // bytes of one read-wait
  std::uint64_t list_max = 1024;            // names of one list-wait
  std::uint64_t entries_max = 65'536;       // names in a directory that is listed
  std::uint64_t changes_max = 256;          // changes that wait
  std::uint64_t changes_bytes = 32u << 20;  // their content together
  std::uint64_t free_min = 256u << 20;      // bytes that stay free where something is added
  Nanoseconds change_time = std::chrono::seconds(30);
};

inline constexpr host::LimitField<Limits> kLimitFields[] = {
    {"file_max", &Limits::file_max, 1, 1 << 30, host::LimitField<Limits>::Unit::kBytes},
    {"read_max", &Limits::read_max, 1, 16 << 20, host::LimitField<Limits>::Unit::kBytes},
    {"list_max", &Limits::list_max, 1, 65'536},
    {"entries_max", &Limits::entries_max, 1, 1 << 20},
    {"changes_max", &Limits::changes_max, 1, 65'536},
    {"changes_bytes", &Limits::changes_bytes, 1, 1 << 30, host::LimitField<Limits>::Unit::kBytes},
    {"free_min", &Limits::free_min, 0, std::int64_t{1} << 50,
     host::LimitField<Limits>::Unit::kBytes},
    {"change_time", &Limits::change_time, 1'000'000, 3'600'000'000'000},
};

/// Reads whose answer was given up at their deadline may still be at work; beyond this: busy.
inline constexpr std::size_t kReadsMax = 4;

/// Beside a change's content: its paths, and what frames them.
inline constexpr std::uint64_t kChangeFrameMax = 8192;

/// Files that may still be made on a disk that counts them, for others than us.
inline constexpr std::uint64_t kFilesFreeMin = 1024;

}  // namespace theater::hosts::filesystem
