// Shard: what the actors of one thread share: the ports, the run queue, the output
// gate and scratch memory.
#pragma once

#include <cstdint>

#include "actor/limits.h"
#include "actor/live_journal.h"
#include "actor/output_gate.h"
#include "actor/run_queue.h"
#include "base/ids.h"
#include "chain/log_writer.h"
#include "io/clock.h"
#include "io/executor.h"
#include "io/lifeline.h"
#include "io/worker.h"

namespace theater::actor {

/// Borrowed; all outlive the shard.
struct ShardPorts {
  io::Executor& executor;
  io::Clock& clock;
  io::Random& random;
  chain::LogWriter& log;
  chain::ShardIndex index;       // of its queue in the log writer
  io::Worker* worker = nullptr;  // writes snapshots; nullptr: the shard itself does (BLOCK-1)
  std::uint64_t log_queue_bytes = chain::kShardQueueBytes;  // that its queue in the log holds
};

/// Owned by the node, one a thread; every member is called on that thread. It registers itself
/// with the log writer, so that what became durable is released here. Its actors are destroyed
/// before it.
class Shard {
 public:
  explicit Shard(const ShardPorts& ports);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  const ShardPorts& ports() const { return ports_; }
  RunQueue& run_queue() { return run_queue_; }
  OutputGate& gate() { return gate_; }
  SaltSource& salts() { return salts_; }
  RecordBuilder& record_builder() { return record_builder_; }
  /// So many bytes may wait for the disk, whichever shard's.
  std::uint64_t undurable_bytes_max() const { return ports_.log_queue_bytes / kUndurablePart; }
  /// More of them wait: mailboxes are not drained (BOUND-1).
  bool is_overloaded() const;
  /// What is appended from here on is the beginning of more: the run queue's next turn, or the task
  /// after it, wakes the log thread. Else the invocation that handles the end of an operation would
  /// sit out a sync of that end alone.
  void gather();

 private:
  void end_gathering();
  bool must_rest();

  ShardPorts ports_;
  OutputGate gate_;
  SaltSource salts_;
  RecordBuilder record_builder_;
  RunQueue run_queue_;
  bool is_gathering_ = false;
  io::Lifeline lifeline_;
};

}  // namespace theater::actor
