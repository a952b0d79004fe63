// Snapshots: an actor's state and live resources as of one event, so that a restart needs only the
// events after it.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "chain/event.h"
#include "io/file.h"
#include "store/snapshot_file.h"
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

/// Writes and reads the snapshots of a node: one folder an actor, one file a snapshot; a file holds
/// the chunks that are new since the actor's snapshot before. A file is written under a temporary
/// name, synced and renamed, and only then may the `snapshot` event be appended. The last two
/// snapshots of an actor, and the files they draw on, are kept. Callable from any thread, for one
/// actor from one thread at a time.
class SnapshotStore {
 public:
  SnapshotStore(io::FileSystem& files, std::string directory);

  /// Makes the snapshot durable and returns the body of its event. `state` is the actor's. Not
  /// before the event of the actor's snapshot before is durable: files that neither that one nor
  /// the new one draws on are removed.
  Result<chain::SnapshotBody> write(const ActorId& actor, Seq seq, const StateTree& state,
                                    ByteSpan actor_part);
  /// Reads and checks one: manifest digest, chunk hashes. kNotFound, kCorrupt (names the file).
  /// Changes nothing.
  Result<Snapshot> read(const ActorId& actor, const chain::SnapshotBody& body) const;

  /// True if a snapshot is due: deltas exceed max(state size, 1 MiB), or 10,000 events have passed.
  static bool is_due(std::uint64_t state_bytes, std::uint64_t delta_bytes, std::uint64_t events);

 private:
  /// What is known of an actor's newest snapshots, so that the next can draw on their chunks.
  struct Kept {
    SnapshotManifest newest;
    std::set<Seq> needed;  // files that the newest draws on, its own included
    std::set<Seq> before;  // the same of the one before
    std::set<Seq> on_disk;
  };

  Result<Kept*> kept(const ActorId& actor);
  Result<Kept> look(const ActorId& actor);
  SnapshotManifest plan(const Kept& kept, Seq seq, const StateTree& state) const;
  void drop_unneeded(const ActorId& actor, Kept& kept);

  io::FileSystem& files_;
  std::string directory_;
  std::mutex mutex_;  // of the map; an entry is its actor's
  std::map<ActorId, Kept> actors_;
};

}  // namespace theater::store
