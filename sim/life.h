// Life: one run of a node from its start to its stop, its failure, or the power cut. Everything
// that a node has, and no thread: the scheduler says what happens next.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actor/actor.h"
#include "host/fake_actor.h"
#include "io/fake_resolver.h"
#include "io/manual_clock.h"
#include "io/stepping_executor.h"
#include "sim/chance.h"
#include "sim/family_set.h"
#include "store/node_store.h"

namespace theater::sim {

/// An actor of the simulated node.
struct ActorPlan {
  std::string name;
  std::string manifest;
  std::size_t shard = 0;
  std::uint64_t log_max = actor::kNoLogMax;
};

struct NodePlan {
  std::size_t shards = 1;
  chain::LogOptions log;
  std::uint64_t index_bytes = 0;  // of log between two indexes
  std::vector<ActorPlan> actors;
};

inline constexpr std::string_view kDataRoot = "/data";

/// One thread. Destroying it without finish() is what a power cut or a killed process does.
class Life final : private Ticker {
 public:
  /// Borrowed; all outlive the life.
  struct Setup {
    const Stage& stage;
    io::FileSystem& files;
    io::ManualClock& clock;
    io::Random& random;
    Chance& chance;
    const NodePlan& plan;
    std::vector<Witness>& witnesses;  // one for each actor of the plan
    Trouble& trouble;
    PerformObserver& observer;
  };
  static Result<std::unique_ptr<Life>> start(const Setup& setup);
  ~Life() override;

  // What can happen next. Each answers whether it did.
  bool run_task(std::size_t shard);
  bool run_timer(std::size_t shard);
  chain::StepOutcome step_log() { return store_->log().step(); }
  /// Time to the next timer of any shard.
  std::optional<Nanoseconds> next_timer() const;

  std::size_t actor_count() const { return members_.size(); }
  actor::Actor& actor(std::size_t index) { return *members_[index].actor; }
  Sockets& sockets(std::size_t index) { return *members_[index].families->sockets(); }
  bool has_ended(std::size_t index) const { return members_[index].has_ended; }
  /// Whether it runs and its log is used up.
  bool is_held_up(std::size_t index) const;
  /// Whether it ended by its own fault or wish, not by stop_all.
  bool all_ended() const;
  chain::LogWriter& log() { return store_->log(); }

  /// Nothing is under way: each actor's start was told, as done or as failed, and once.
  Status check_starts() const;
  void stop_all();
  /// The end of an orderly stop: every actor has ended, their outputs have left. Closes the log.
  /// Says what is left over, which nothing may be.
  Status finish();

 private:
  struct ShardParts {
    explicit ShardParts(io::ManualClock& clock) : executor(clock) {}
    io::SteppingExecutor executor;
    io::FakeResolver resolver{executor};
    std::unique_ptr<actor::Shard> shard;
    std::unique_ptr<host::Services> services;
  };
  struct Member {
    std::unique_ptr<SimFamilies> families;
    std::unique_ptr<actor::Actor> actor;
    bool has_ended = false;
    std::uint64_t starts_told = 0;
  };

  explicit Life(const Setup& setup) : setup_(setup) {}
  Status open();
  Status open_actor(std::size_t index);
  void on_host_call() override;
  void pass_time() override;

  const Setup setup_;
  host::NoNetwork network_;
  io::SteppingWorkers workers_;
  io::FakeDescriptors descriptors_;
  host::FakeLog guest_log_;
  std::unique_ptr<store::NodeStore> store_;
  std::vector<std::unique_ptr<ShardParts>> shards_;
  std::vector<Member> members_;
};

}  // namespace theater::sim
