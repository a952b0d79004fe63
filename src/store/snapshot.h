// Snapshots: an actor's state and live resources as of one event, so that a restart needs only the
// events after it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "chain/event.h"
#include "io/file.h"
#include "store/state_tree.h"

namespace theater::store {

/// What a snapshot holds. `actor_part` is the actor room's: id counters and family saves.
struct Snapshot {
  ActorId actor;
  Seq seq;  // the last event whose effects it holds
  Bytes state;
  Salt salt;
  Bytes actor_part;
};

/// Writes and reads the snapshots of a node, one file each; a file holds the chunks that are new
/// since the actor's snapshot before. Files are written under a temporary name, synced and renamed,
/// and only then may the `snapshot` event be appended. Callable from any thread, one at a time.
class SnapshotStore {
 public:
  SnapshotStore(io::FileSystem& files, std::string directory);

  /// Makes the snapshot durable and returns the body of its event. `state` is the actor's.
  Result<chain::SnapshotBody> write(const ActorId& actor, Seq seq, const StateTree& state,
                                    ByteSpan actor_part);
  /// Reads and checks one: manifest digest, chunk hashes. kNotFound, kCorrupt (names the file).
  Result<Snapshot> read(const ActorId& actor, const chain::SnapshotBody& body);

  /// True if a snapshot is due: deltas exceed max(state size, 1 MiB), or 10,000 events have passed.
  static bool is_due(std::uint64_t state_bytes, std::uint64_t delta_bytes, std::uint64_t events);

 private:
  struct Source;
  io::FileSystem& files_;
  std::string directory_;
};

}  // namespace theater::store
