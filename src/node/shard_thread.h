// ShardThread: one thread, one executor, and the actors that live there.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actor/actor.h"
#include "actor/shard.h"
#include "base/result.h"
#include "chain/log_writer.h"
#include "host/family.h"
#include "io/asio_executor.h"
#include "io/asio_network.h"
#include "io/keyed_random.h"
#include "io/lookup_threads.h"
#include "io/system_clock.h"
#include "io/thread.h"

namespace theater::node {

/// A shard of a node. start(), stop() and executor() belong to the node's thread; all else runs on
/// the shard's own thread, as tasks of its executor. Its actors have ended before stop(), unless
/// the log has failed. Owned by the node.
class ShardThread {
 public:
  /// What the node lends all its shards; outlives them.
  struct Shared {
    chain::LogWriter& log;
    host::LogSink& guest_log;
    io::Worker& worker;  // writes snapshots
    io::LookupThreads& lookups;
  };
  /// `index` is its queue in the log.
  ShardThread(const Shared& shared, std::uint64_t index);
  /// CHECKs that it was stopped.
  ~ShardThread();
  ShardThread(const ShardThread&) = delete;
  ShardThread& operator=(const ShardThread&) = delete;

  void start();
  /// Destroys the actors on their thread once their last outputs have left (at once if the log has
  /// failed), then ends the thread.
  void stop();
  io::Executor& executor() { return executor_; }
  /// What an actor here may use; `workers` is its share of them.
  host::Services services(io::Workers& workers) {
    return {executor_, clock_, random_, network_, resolver_, workers, descriptors_, guest_log_};
  }

  // On the shard's thread.
  actor::Shard& shard() { return shard_; }
  void adopt(std::unique_ptr<actor::Actor> actor) { actors_.push_back(std::move(actor)); }
  std::vector<std::unique_ptr<actor::Actor>>& actors() { return actors_; }

 private:
  void finish_when_drained();

  chain::LogWriter& log_;
  host::LogSink& guest_log_;
  io::SystemClock clock_;
  io::KeyedRandom random_;
  io::AsioExecutor executor_;
  io::AsioNetwork network_;
  io::ThreadResolver resolver_;
  io::EpollDescriptors descriptors_;
  actor::Shard shard_;
  std::vector<std::unique_ptr<actor::Actor>> actors_;
  std::optional<io::Thread> thread_;
};

}  // namespace theater::node
