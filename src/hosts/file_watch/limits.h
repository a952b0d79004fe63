// The file-watch family's limits: keys of [grants.file-watch], and bounds nobody needs to change.
#pragma once

#include "host/limit_field.h"

namespace theater::hosts::file_watch {

struct Limits {
  std::uint64_t watches_max = 16;          // of one actor, at once
  std::uint64_t directories_max = 4096;    // of one watch
  std::uint64_t entries_max = 262'144;     // names known to one watch
  std::uint64_t pending_max = 4096;        // names that changed within a window; events that wait
  Nanoseconds window = Milliseconds(100);  // changes of one name within it are one
  Nanoseconds pair = Milliseconds(100);  // how long the first half of a rename waits for the other
};

/// That watches_max may say. Those of an earlier life go on, whatever it says now.
inline constexpr std::uint64_t kWatchesMost = 64;
inline constexpr host::LimitField<Limits> kLimitFields[] = {
    {"watches_max", &Limits::watches_max, 1, kWatchesMost},
    {"directories_max", &Limits::directories_max, 1, 1 << 20},
    {"entries_max", &Limits::entries_max, 1, 1 << 24},
    {"pending_max", &Limits::pending_max, 1, 1 << 20},
    {"window", &Limits::window, 1'000'000, 60'000'000'000},
    {"pair", &Limits::pair, 1'000'000, 60'000'000'000},
};

inline constexpr std::size_t kRootsMax = 64;
/// After an overflow the tree is read again no sooner than this after it was read last.
inline constexpr Nanoseconds kRescanPause = std::chrono::seconds(1);
/// Bytes of the kernel's queue that are read in one turn of the shard.
inline constexpr std::size_t kReadBytes = 64 * 1024;
/// Bytes of events that wait for the actor, for each of pending_max.
inline constexpr std::uint64_t kEventBytesEach = 512;

}  // namespace theater::hosts::file_watch
