// DiskState: how much of the disk is left for a node's work.
#pragma once

#include <cstdint>

namespace theater::chain {

enum class DiskState : std::uint8_t {
  kGood,
  kSoft,  // under two free segments: take no new work, finish what is under way
  kHard,  // the reserve is in use: only lifecycle, snapshot and recovery events are accepted
};

/// Whether a segment's worth of disk is kept for the last words on a full one.
enum class Reserve : std::uint8_t { kKeep, kNone };

}  // namespace theater::chain
