// The random family: bytes and numbers from the source that the grant names.
#pragma once

#include <cstdint>

#include "theater/actor.h"

namespace theater::random {

/// `count` bytes; the view is valid until the invocation ends.
inline actor::types::Data bytes(std::uint32_t count) { return actor::random::get_bytes(count); }

/// A number from 0 to `bound` - 1, all equally likely within 2^-32. `bound` is not 0. Traps if the
/// grant's bytes_max is below 8.
inline std::uint32_t below(std::uint32_t bound) {
  const auto drawn = bytes(8);
  if (!drawn.ok() || drawn->size() != 8) __builtin_trap();
  std::uint64_t number = 0;
  for (const std::uint8_t byte : *drawn) number = number << 8 | byte;
  return static_cast<std::uint32_t>(static_cast<unsigned __int128>(number) * bound >> 64);
}

}  // namespace theater::random
