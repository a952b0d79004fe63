// Shard: what the actors of one thread share: the ports, the run queue and the output gate.
#pragma once

#include <cstdint>

#include "actor/output_gate.h"
#include "actor/run_queue.h"
#include "base/ids.h"
#include "chain/log_writer.h"
#include "io/clock.h"
#include "io/executor.h"

namespace theater::actor {

/// Borrowed; all outlive the shard.
struct ShardPorts {
  io::Executor& executor;
  io::Clock& clock;
  io::Random& random;
  chain::LogWriter& log;
  chain::ShardIndex index;  // of its queue in the log writer
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
  /// More than undurable_bytes_max wait for the disk: mailboxes are not drained (BOUND-1).
  bool is_overloaded() const;

 private:
  ShardPorts ports_;
  OutputGate gate_;
  RunQueue run_queue_;
};

}  // namespace theater::actor
