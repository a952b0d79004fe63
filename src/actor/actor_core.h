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
  using FailureCounts = std::array<std::uint64_t, kTrapReasons>;

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
  void forget_start();
  bool take_events();
  Status ensure_instance();
  Status make_instance();
  Status record_activation();
  void finish_invocation();
  void finish_failed(const InvocationEnd& end);
  void count_failure(chain::TrapReason reason);
  void failed_alone(const InvocationEnd& end);
  void release_operations();
  bool has_work() const;
  bool has_events(std::size_t family) const;
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

  const Manifest& manifest() const { return setup_.manifest; }
  const Program& program() const { return *setup_.program; }

  Shard& shard_;
  ActorSetup setup_;
  Identity identity_;
  LiveJournal journal_;
  Families families_;
  store::StateTree state_;
  Invocation invocation_;
  std::unique_ptr<wasm::Instance> instance_;
  chain::ActivateReason next_activation_ = chain::ActivateReason::kFirst;

  Phase phase_ = Phase::kStarting;
  bool is_draining_ = false;  // while stopping: the guest has been told, the families stop
  Parcels parcels_;
  std::optional<Parcel> current_parcel_;  // being delivered; else the batch is
  EventBatch batch_;
  std::size_t turn_ = 0;  // handler whose queue is looked at next
  Restored memory_;       // what a snapshot remembers; next_id lives in the invocation

  std::vector<MonotonicTime> restarts_;  // within the supervision window
  io::TimerId idle_timer_, backoff_timer_, grace_timer_, retry_timer_;
  std::uint64_t invocations_at_arm_ = 0;
  std::uint64_t delta_bytes_ = 0, events_at_snapshot_ = 0;
  bool is_snapshotting_ = false;  // on the worker: no invocation begins until it is recorded
  std::shared_ptr<const bool> alive_ =
      std::make_shared<bool>(true);  // watched by the worker's answer
  ActorStatus counts_;
  std::unique_ptr<FailureCounts> failures_;  // made by the first one: most actors have none
  std::optional<Error> error_;               // why it failed
};

}  // namespace theater::actor
