// Node: the composition root. Builds the world from manifests and a data directory, runs it, and
// takes it down in order.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actor/actor.h"
#include "base/result.h"
#include "host/log_sink.h"
#include "hosts/all_hosts.h"
#include "io/asio_executor.h"
#include "io/asio_network.h"
#include "io/asio_signals.h"
#include "io/file.h"
#include "io/metered_worker.h"
#include "io/workers.h"
#include "node/loader.h"
#include "node/log_thread.h"
#include "node/metrics.h"
#include "node/metrics_server.h"
#include "node/operations_page.h"
#include "node/shard_thread.h"
#include "store/node_store.h"

namespace theater::node {

/// How a node runs. A value, fixed when the node is made.
struct NodeOptions {
  std::string data_directory;
  std::size_t shards = 1;  // at least 1, at most kShardsMax of the chain room less one
  wasm::FuelMode fuel = wasm::FuelMode::kOff;
  std::string metrics;          // where GET /metrics is served: "127.0.0.1:9464"; "" = nowhere
  std::string terminal_keeper;  // program that keeps terminals (hosts/terminal/keeper.h); "" = none
  bool has_watchdog = false;    // logs what of a family holds its shard for long
};

/// An actor as people are told about it when it starts.
struct StartedActor {
  std::string name;
  ActorId id;
  Seq next_seq;
  bool is_new = false;
  std::vector<host::Place> places;  // where it is reached
};

/// Whoever runs a node. Called on the node's thread, inside run().
class NodeListener {
 public:
  virtual void on_ready(const std::vector<StartedActor>& actors) = 0;
  virtual void on_notice(host::LogLevel level, const std::string& text) = 0;
  /// GET /metrics is served on `address`, with its real port.
  virtual void on_metrics(const std::string& address) { static_cast<void>(address); }

 protected:
  ~NodeListener() = default;
};

/// One process's node. Made, run and destroyed on one thread, the node's; it owns the shards'
/// threads and the log's. run() returns when a signal, its last actor's end or a failure ended it;
/// by then everything is released and, unless the disk failed, sealed.
class Node {
 public:
  /// What people hear from a node: `log` gets the actors' lines, from any thread. Outlive it.
  struct Voice {
    NodeListener& listener;
    host::LogSink& log;
    std::function<io::QueueFigures()> log_queue = {};  // of its lines; may be empty
  };
  /// Makes and locks the data directory, whose log run() recovers. `files` outlives the node.
  static Result<std::unique_ptr<Node>> open(io::FileSystem& files, const NodeOptions& options,
                                            const Voice& voice);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// Compiles and links what the manifests name. An error is the manifests' fault.
  Status load(std::vector<actor::Manifest> manifests);
  /// Starts every actor, serves until the end, stops. SIGINT and SIGTERM stop it in order, SIGUSR2
  /// too, telling peers that the node comes back at once; a second one kills the actors; a third
  /// one ends the process.
  Status run();

 private:
  struct Member;
  Node(io::FileSystem& files, const NodeOptions& options, const Voice& voice);

  Status open_store();
  Status prepare();
  Status serve_metrics();
  void start_threads();
  void watch_queues();
  Status start_actors();
  Status start_actor(std::size_t index);
  Status open_on_shard(std::size_t index, std::optional<store::ActorImage> image);
  void watch_holds(Member& member);
  actor::ActorSetup setup_of(std::size_t index);
  void actor_started(std::size_t index, const Status& status);
  void actor_ended(std::size_t index, const actor::ActorStatus& status);
  void log_spent(Member& member);
  void invocation_failed(Member& member, const actor::FailedInvocation& failed);
  void watch_disk();
  void on_signal(int number);
  void fail_with(const Error& error);
  void begin_stop(actor::EndReason reason);
  void for_each_live(const std::function<void(actor::Actor&)>& act);
  bool all_ended() const;
  Status take_down();
  Status record_lifecycle(chain::LifecycleStep step);
  StartedActor describe(const Member& member) const;

  io::FileSystem& files_;
  NodeOptions options_;
  NodeListener& listener_;
  host::LogSink& log_;
  std::function<io::QueueFigures()> log_queue_;
  io::SystemClock clock_;
  io::SystemRandom random_;
  hosts::AllHosts hosts_{io::process_environment(), options_.terminal_keeper};
  std::unique_ptr<store::NodeDirectory> directory_;  // until the store has it
  std::unique_ptr<store::NodeStore> store_;          // while it runs
  std::unique_ptr<Loader> loader_;
  Digest profile_;
  io::AsioExecutor control_;
  io::AsioNetwork control_network_{control_};
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<OperationsPage> operations_page_;  // beside the metrics
  std::unique_ptr<MetricsServer> metrics_server_;
  std::vector<std::unique_ptr<Member>> members_;
  std::unique_ptr<io::WorkerThread> worker_;                   // writes snapshots
  std::unique_ptr<io::WorkerThreads> workers_, long_workers_;  // of the families
  std::unique_ptr<io::LookupThreads> lookups_;                 // of names
  std::unique_ptr<io::MeteredWorker> metered_worker_;
  std::vector<std::unique_ptr<ShardThread>> shards_;
  std::unique_ptr<LogThread> log_thread_;
  std::optional<Error> failure_;
  chain::DiskState disk_ = chain::DiskState::kGood;  // as last told
  std::size_t signals_ = 0;
  bool is_stopping_ = false;
};

}  // namespace theater::node
