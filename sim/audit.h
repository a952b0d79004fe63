// audit: every invariant that can be read off a data directory.
#pragma once

#include <vector>

#include "io/file.h"
#include "sim/actor_audit.h"
#include "sim/stage.h"
#include "sim/witness.h"

namespace theater::sim {

/// What is expected of one actor's chain.
struct Expectation {
  const Witness* witness = nullptr;
  Extent extent = Extent::kPrefix;
  std::uint64_t waiting = 0;  // socket events in the queue of an actor that is held up
};

/// verify succeeds, and each chain says what was seen. Changes nothing.
Status audit(io::FileSystem& files, const std::vector<Expectation>& actors);

/// Every actor, run again from its chain, comes out the same; the heads of their chains.
Result<std::vector<Digest>> audit_replay(io::FileSystem& files, const Stage& stage);

/// Event `seq` of the actor is in the directory, which verifies.
Status audit_presence(io::FileSystem& files, const ActorId& actor, Seq seq);

}  // namespace theater::sim
