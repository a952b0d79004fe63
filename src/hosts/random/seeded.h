// seeded_bytes: what `source = "seeded"` answers, as a function of the actor and the call's place
// in its chain.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/ids.h"

namespace theater::hosts::random {

/// Where a call stands: the seq of its invocation's recv, and its ordinal there. No two calls of an
/// actor that became part of its chain share a place.
struct CallPlace {
  Seq invocation;
  std::uint64_t ordinal = 0;
};

/// The first `count` bytes of SHA-256("theater/random/v1\0", actor id, u64be invocation, u64be
/// ordinal, u64be block) for block 0, 1, ... Pure; any thread.
Bytes seeded_bytes(const ActorId& actor, const CallPlace& place, std::size_t count);

}  // namespace theater::hosts::random
