// Witness: what was seen of an actor from outside, to be compared with what its chain says.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"

namespace theater::sim {

/// An effect as it reached the world.
struct Performed {
  std::string name;  // "interface#function"
  Bytes arguments;
  Seq seq;  // of the commit that is said to have caused it
};

/// One life of an actor, from a start of the node to its end, however it ended.
struct ActorLife {
  Seq begin;                    // the first event of this life
  std::vector<Bytes> accepted;  // socket events that its queue took, in order
  std::vector<Bytes> taken;     // events of every family that the actor took, in order
  std::vector<Performed> performed;
  std::uint64_t refused = 0;  // socket events that its queue did not take
};

/// One actor's, over all its lives.
struct Witness {
  std::string name;
  ActorId id;  // zeros: never created
  std::vector<ActorLife> lives;
  std::uint64_t lines = 0;             // that its programs have said
  std::map<OperationId, Seq> repeats;  // where it stands that an operation is done again

  ActorLife& now() { return lives.back(); }
};

}  // namespace theater::sim
