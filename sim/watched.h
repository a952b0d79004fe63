// WatchedInstance: any family's instance, with everything that leaves or reaches it noted, and with
// the planted bug at work.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "actor/host_port.h"
#include "sim/bug.h"
#include "sim/witness.h"

namespace theater::sim {

/// Told of each output before it leaves.
class PerformObserver {
 public:
  virtual void on_perform(const Witness& witness, const Performed& performed) = 0;
  /// An operation is done again: so says the event `record`.
  virtual void on_repeat(const Witness& witness, Seq record) = 0;

 protected:
  ~PerformObserver() = default;
};

/// Borrowed by all that watches one actor.
struct Watch {
  Witness& witness;
  Trouble& trouble;
  PerformObserver& observer;
};

/// The actor as its families see it.
class WatchedPort final : public actor::ActorPort {
 public:
  WatchedPort(actor::ActorPort& inner, const Watch& watch) : inner_(inner), watch_(watch) {}
  const actor::Identity& identity() const override { return inner_.identity(); }
  std::optional<actor::ChainHead> durable_head() const override { return inner_.durable_head(); }
  void events_ready() override {
    if (!watch_.trouble.strikes(Bug::kLostWakeUp)) inner_.events_ready();
  }
  void record_overflow(const actor::Overflow& overflow) override {
    inner_.record_overflow(overflow);
  }
  void stop_requested(ByteSpan output) override { inner_.stop_requested(output); }
  void answer_wait(std::uint64_t ticket, ByteSpan result) override {
    inner_.answer_wait(ticket, result);
  }
  Nanoseconds call_time_max() const override { return inner_.call_time_max(); }
  actor::OperationPort* operations() override { return inner_.operations(); }
  std::optional<actor::EventOrigin> record_operation(const actor::OperationNote& note) override;
  void drained() override { inner_.drained(); }

 private:
  actor::ActorPort& inner_;
  const Watch watch_;
  std::optional<actor::EventOrigin> last_end_;  // of an operation that is in the chain
};

/// A family's queue as its actor sees it.
class WatchedSource final : public actor::EventSource {
 public:
  WatchedSource(actor::EventSource* inner, const Watch& watch) : inner_(inner), watch_(watch) {}
  bool exists() const { return inner_ != nullptr; }
  bool has_events() const override { return inner_->has_events(); }
  void take(actor::EventBatch& batch) override;

 private:
  actor::EventSource* inner_;
  const Watch watch_;
};

/// Owns the instance and the port that it was made with.
class WatchedInstance final : public actor::FamilyInstance {
 public:
  WatchedInstance(std::unique_ptr<WatchedPort> port, std::unique_ptr<actor::FamilyInstance> inner,
                  const Watch& watch);

  const actor::FamilyInfo& info() const override { return inner_->info(); }
  actor::CallOutcome call(std::size_t function, ByteSpan arguments,
                          const actor::CallContext& context, Bytes& result) override {
    return inner_->call(function, arguments, context, result);
  }
  void settle(actor::Settlement settlement) override { inner_->settle(settlement); }
  void perform(const actor::Effect& effect) override;
  actor::OperationPort* operations() override { return inner_->operations(); }
  actor::EventSource* events() override { return source_.exists() ? &source_ : nullptr; }
  Bytes save() const override;
  Status load(ByteSpan saved) override { return inner_->load(saved); }
  Status fold_effect(const actor::Effect& effect, WallTime time) override {
    return inner_->fold_effect(effect, time);
  }
  Status fold_event(ByteSpan event) override { return inner_->fold_event(event); }
  Status recover() override { return inner_->recover(); }
  void expect_stop(actor::EndReason reason) override { inner_->expect_stop(reason); }
  bool has_parting_event() const override { return inner_->has_parting_event(); }
  void stop(actor::StopMode mode) override { inner_->stop(mode); }
  actor::Census census() const override { return inner_->census(); }

 private:
  std::unique_ptr<WatchedPort> port_;
  std::unique_ptr<actor::FamilyInstance> inner_;
  const Watch watch_;
  WatchedSource source_;
};

}  // namespace theater::sim
