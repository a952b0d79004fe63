// StateTree: an actor's state bytes and the tree of hashes over their 4-KiB chunks.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "chain/chunk_tree.h"

namespace theater::store {

/// A change of state, ready to be committed: the new root and the delta that leads to it.
struct StateChange {
  Digest root;
  ByteSpan delta;  // to be attached to the commit; valid until forget_change()
};

/// The current state of one actor. Each new state is compared with the old one chunk by chunk
/// (memcmp: guests can make collisions for anything weaker than SHA-256); only changed chunks and
/// their paths are hashed. Belongs to its actor's shard.
class StateTree {
 public:
  /// The empty state, as after genesis.
  StateTree();

  ByteSpan bytes() const { return state_; }
  const Digest& root() const { return root_; }
  const Salt& salt() const { return salt_; }
  const chain::ChunkTree& chunks() const { return chunks_; }

  /// Makes `next` the state. Nothing if it equals the current one: then the root stands, and there
  /// is no delta. Otherwise `salt` (fresh random bytes) enters the root. kTooLarge beyond
  /// kStateBytesMax.
  Result<std::optional<StateChange>> update(ByteSpan next, const Salt& salt);

  /// The last change is recorded: a large one's bytes are given back, a small one's serve again.
  void forget_change();

  /// Applies a recorded delta. kCorrupt if it is malformed; the caller compares root() with the
  /// commit's.
  Status apply(ByteSpan delta);

  /// The state of a snapshot. The caller compares root() with the snapshot event's.
  void restore(Bytes state, const Salt& salt);
  /// Gives back what only changes need.
  void release_memory();

 private:
  Bytes state_;
  Salt salt_;
  Digest root_;
  chain::ChunkTree chunks_;
  // Of the last change, for the memory.
  std::vector<chain::Delta::Chunk> changed_;
  Bytes encoded_;
};

}  // namespace theater::store
