// DiskState: how much of the disk is left for a node's work.
#pragma once

#include <cstdint>

namespace theater::chain {

enum class DiskState : std::uint8_t {
  kGood,
  kSoft,  // under two free segments: take no new work, finish what is under way
  kHard,  // the reserve is in use: it is for what has happened; see is_refused_on_full_disk
};

/// Whether a segment's worth of disk is kept, so that a full one lets work under way end.
enum class Reserve : std::uint8_t { kKeep, kNone };

}  // namespace theater::chain
