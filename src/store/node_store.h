// NodeStore: opens everything a node keeps, in the one right order.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "chain/actor_chain.h"
#include "chain/log_writer.h"
#include "io/clock.h"
#include "io/file.h"
#include "store/actor_history.h"
#include "store/component_store.h"
#include "store/indexer.h"
#include "store/node_directory.h"
#include "store/snapshot.h"

namespace theater::store {

/// How long the log's segments are.
enum class SegmentSize : std::uint8_t {
  kAsGiven,  // log.segment_bytes
  kBySpace,  // as those there are; of a new log, at most a sixteenth of the free space
};

/// How a node keeps its log. A value, fixed when the store is opened.
struct NodeStoreOptions {
  chain::LogOptions log;
  SegmentSize segment_size = SegmentSize::kAsGiven;
  chain::ShardIndex node_shard;  // whose thread may use node_chain(); its queue is used by open()
  std::uint64_t index_bytes = kIndexBytes;  // of log between two indexes
  IndexOn index_on = IndexOn::kLogThread;
};

/// Lock, recovery by the evidence rule, history, the log for appending, the node chain (its genesis
/// in a new directory, a `recovery` event after a crash). Owned by the node; made before its shards
/// run, destroyed after the log has stopped (and then waits for an index that is being written). A
/// log that is CORRUPT is refused by name of the place, and nothing is written.
class NodeStore {
 public:
  static Result<std::unique_ptr<NodeStore>> open(io::FileSystem& files, const std::string& root,
                                                 const NodeStoreOptions& options,
                                                 const io::Clock& clock, io::Random& random);
  /// The same in a directory that is held already.
  static Result<std::unique_ptr<NodeStore>> open(io::FileSystem& files,
                                                 std::unique_ptr<NodeDirectory> directory,
                                                 const NodeStoreOptions& options,
                                                 const io::Clock& clock, io::Random& random);

  const NodeDirectory& directory() const { return *directory_; }
  ActorHistory& history() { return *history_; }  // as it was when the node started
  chain::LogWriter& log() { return *log_; }
  SnapshotStore& snapshots() { return snapshots_; }
  ComponentStore& components() { return components_; }
  /// The node's own chain: lifecycle and recovery events. Used on the node shard's thread.
  chain::ActorChain& node_chain() { return *node_chain_; }

 private:
  explicit NodeStore(io::FileSystem& files, std::unique_ptr<NodeDirectory> directory);
  std::unique_ptr<NodeDirectory> directory_;
  SnapshotStore snapshots_;
  ComponentStore components_;
  std::unique_ptr<ActorHistory> history_;
  std::unique_ptr<Indexer> indexer_;  // called by the log
  std::unique_ptr<chain::LogWriter> log_;
  std::unique_ptr<chain::ActorChain> node_chain_;
};

}  // namespace theater::store
