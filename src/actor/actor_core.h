// Actor::Core: the parts of an actor and the order in which they work.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actor/actor.h"
#include "actor/effect_batch.h"
#include "actor/families.h"
#include "actor/invocation.h"
#include "actor/live_journal.h"
#include "actor/parcel.h"
#include "actor/restore.h"
#include "store/state_tree.h"

namespace theater::actor {

/// What an actor needs only while it has something to do. It comes with the instance and goes when
/// the actor is evicted, so that an idle actor keeps little more than its state, its chain and its
/// families.
struct Workshop {
  Workshop(const InvocationParts& parts, BatchLimits limits) : invocation(parts), batch(limits) {}
  Invocation invocation;
  EventBatch batch;
  std::optional<Parcel> parcel;  // being delivered; else the batch is
  WallTime suspended;            // since when the guest waits, if it does
  std::unique_ptr<wasm::Instance> instance;
};

/// See Actor. Work comes from three places, in this order: the invocation under way, parcels, the
/// families' queues in rotation.
class Actor::Core final : public ActorPort, private Runnable {
 public:
  struct Origin {
    chain::ActorChain::Head head;
    Identity identity;
  };
  Core(Shard& shard, ActorSetup setup, const Origin& origin);
  ~Core() override;

  // Starting (actor_start.cc).
  Status start_new(const chain::GenesisBody& genesis, const Salt& manifest_salt);
  Status start_again(store::ActorImage image);

  // Ending (actor_end.cc).
  void stop(EndReason reason);
  void kill();
  void evict();
  bool may_destroy() const { return is_ended() && !families_.has_pending(); }

  ActorStatus status() const;
  ActorFigures measure() const;  // actor_measure.cc
  void list_operations(std::vector<OperationView>& views) const;
  std::size_t list_requests(std::vector<RequestView>& views, std::size_t most) const {
    return families_.list_requests(views, most);
  }
  ByteSpan state() const { return state_.bytes(); }

  // ActorPort.
  const Identity& identity() const override { return identity_; }
  std::optional<ChainHead> durable_head() const override;
  void events_ready() override { wake(); }
  void record_overflow(const Overflow& overflow) override;
  void stop_requested(ByteSpan output) override;
  void answer_wait(std::uint64_t ticket, ByteSpan result) override;
  Nanoseconds call_time_max() const override { return manifest().limits.instance.deadline; }
  OperationPort* operations() override { return &families_.operations(); }
  std::optional<EventOrigin> record_operation(const OperationNote& note) override;
  void drained() override { wake(); }

 private:
  static constexpr std::size_t kTrapReasons = 6;
  /// Made by the first failure: most actors have none.
  struct Trouble {
    std::array<std::uint64_t, kTrapReasons> failures{};
    std::string last_error;
    std::vector<MonotonicTime> restarts;  // within the supervision window
    std::optional<Error> fault;           // why it failed
    std::optional<Error> unrecorded;  // why a family could not be recorded: the next turn's fault
  };
  struct Counts {
    std::uint64_t invocations = 0, commits = 0, restarts = 0;
  };
  /// What only a start needs.
  struct Beginning {
    Digest determinism_profile;
    std::move_only_function<void(Status)> on_started;
  };

  // Running (actor_run.cc).
  /// Asks for a turn. An ended actor gets none: it may be gone before the turn comes.
  void wake() {
    if (!is_ended()) shard_.run_queue().add(*this);
  }
  Next run() override;
  Next run_invocation();
  bool begin_next();
  bool may_begin();
  void retry_later();
  bool take_events();
  Status ensure_instance();
  Status make_instance();
  Workshop& workshop();
  void close_workshop();
  Status record_activation();
  void finish_invocation();
  void finish_failed(const InvocationEnd& end);
  Trouble& trouble();
  void failed_alone(const InvocationEnd& end);
  void release_operations();
  bool has_work() const;
  bool has_events(std::size_t family) const;
  bool is_log_spent() const;
  void settle_start();
  void settle_phase();
  void take_snapshot();
  void write_snapshot(Seq last, Bytes part);
  void record_snapshot(const Result<chain::SnapshotBody>& body);
  std::uint64_t events_since_snapshot() const {
    return journal_.chain().head().next.value - events_at_snapshot_;
  }

  // Starting and ending.
  Status begin_work();
  void queue_migration();
  Result<Restored> fold(store::ActorImage& image);
  Status close_unfinished(Seq receive);
  Status record_upgrade(const store::ActorSummary& summary);
  Status record_lifecycle(chain::LifecycleStep step, std::uint64_t code,
                          std::string_view note = {});
  void queue_init();
  void restart(const InvocationEnd& end);
  void resume_after_backoff();
  void fault(Error error);
  void drain_families();
  void finish_stop();
  void finish(Phase phase);
  bool is_ended() const { return phase_ == Phase::kStopped || phase_ == Phase::kFailed; }
  void drop_instance(chain::ActivateReason next);
  void arm_idle_timer();
  void cancel(io::TimerId& timer);

  const Manifest& manifest() const { return *manifest_; }
  const Program& program() const { return *program_; }
  bool is_invoking() const { return work_ && work_->invocation.is_active(); }
  bool has_instance() const { return work_ && work_->instance; }

  Shard& shard_;
  const std::shared_ptr<const Manifest> manifest_;
  const std::shared_ptr<const Program> program_;
  store::SnapshotStore* const snapshots_;
  std::move_only_function<void(const FailedInvocation&)> on_failure_;
  std::move_only_function<void()> on_log_spent_;
  std::move_only_function<void()> on_ended_;
  std::unique_ptr<Beginning> beginning_;  // until it runs
  Identity identity_;
  LiveJournal journal_;
  Families families_;
  store::StateTree state_;
  std::unique_ptr<Workshop> work_;

  chain::ActivateReason next_activation_ = chain::ActivateReason::kFirst;
  Phase phase_ = Phase::kStarting;
  bool is_draining_ = false;      // while stopping: the guest has been told, the families stop
  bool is_snapshotting_ = false;  // on the worker: no invocation begins until it is recorded
  Parcels parcels_;
  std::size_t turn_ = 0;  // handler whose queue is looked at next
  Remembered memory_;     // its next_id is up to date while there is no workshop

  io::TimerId idle_timer_, backoff_timer_, grace_timer_, retry_timer_;
  std::uint64_t invocations_at_arm_ = 0;
  std::uint64_t delta_bytes_ = 0, events_at_snapshot_ = 0;
  Lsn snapshot_lsn_;                   // of the last snapshot's event
  std::shared_ptr<const bool> alive_;  // watched by the worker's answer; made for the first
  Counts counts_;
  std::unique_ptr<Trouble> trouble_;
};

}  // namespace theater::actor
