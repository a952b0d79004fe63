// Actor::Core at work: one invocation after another (SEQ-1).
#include <algorithm>
#include <utility>

#include "actor/actor_core.h"
#include "actor/limits.h"
#include "base/probe.h"

namespace theater::actor {

Runnable::Next Actor::Core::run() {
  if (is_ended() || is_snapshotting_) return Next::kIdle;
  const chain::SubmitGroup group(shard_.ports().log, shard_.ports().index);
  if (trouble_ && trouble_->unrecorded) {
    fault(*std::exchange(trouble_->unrecorded, std::nullopt));
    return Next::kIdle;
  }
  if (!is_invoking() && events_since_snapshot() >= kSnapshotEventsOverdue) {
    take_snapshot();
    if (families_.is_awaited()) return Next::kIdle;  // the gate calls again
  }
  if (is_ended() || is_snapshotting_) return Next::kIdle;
  if (!is_invoking()) settle_start();  // what is new may wait or fail: that is no start's any more
  if (!is_invoking() && !begin_next()) {
    settle_phase();
    return Next::kIdle;
  }
  return run_invocation();
}

Runnable::Next Actor::Core::run_invocation() {
  Invocation& invocation = work_->invocation;
  if (invocation.request()) {
    if (phase_ == Phase::kStopping) drain_families();  // the wait ends with them
    return Next::kIdle;                                // answer_wait queues it again
  }
  if (shard_.ports().log.disk_state() != chain::DiskState::kGood && journal_.must_rest()) {
    retry_later();
    return Next::kIdle;
  }
  const Result<Invocation::Progress> progress = invocation.poll();
  if (!progress) {
    fault(progress.error());
    return Next::kIdle;
  }
  switch (*progress) {
    case Invocation::Progress::kYielded:
      PROBE("actor: an invocation yielded");
      return Next::kYielded;
    case Invocation::Progress::kSuspended:
      work_->suspended = shard_.ports().clock.wall();
      if (phase_ == Phase::kStopping) drain_families();
      return Next::kIdle;
    case Invocation::Progress::kEnded:
      break;
  }
  finish_invocation();
  settle_start();
  if (is_ended()) return Next::kIdle;
  if (!has_work()) {
    settle_phase();
    return Next::kIdle;
  }
  return Next::kAgain;
}

/// Whether a new invocation may begin: there is work, room on the disk, and an instance for it.
bool Actor::Core::may_begin() {
  if (!has_work()) return false;
  if (shard_.ports().log.disk_state() != chain::DiskState::kGood) {
    PROBE("actor: waits for room on the disk");
    retry_later();  // what is queued waits; families refuse what their bounds do not hold
    return false;
  }
  const Status ready = ensure_instance();
  if (ready) return true;
  if (ready.error().code == Code::kFull && !shard_.ports().log.failed() && !has_instance()) {
    retry_later();  // every instance of the node is in use
  } else {
    fault(ready.error());
  }
  return false;
}

void Actor::Core::retry_later() {
  if (retry_timer_ != io::TimerId{}) return;
  retry_timer_ = shard_.ports().executor.after(kRetryPause, [this] {
    retry_timer_ = {};
    shard_.run_queue().add(*this);
  });
}

bool Actor::Core::begin_next() {
  if (!may_begin()) return false;
  Delivery delivery;
  if (!parcels_.empty()) {
    if (is_log_spent()) PROBE("actor: its log is used up, what is owed is delivered");
    const Parcel& parcel = work_->parcel.emplace(std::move(parcels_.front()));
    parcels_.pop_front();
    delivery = {parcel.target, &parcel.inputs, parcel.first, parcel.asked};
  } else {
    work_->parcel.reset();
    if (!take_events()) return false;
    delivery = {&program().handlers()[turn_], &work_->batch, std::nullopt, 0};
    turn_ = (turn_ + 1) % program().handlers().size();
  }
  ++counts_.invocations;
  const Status begun = work_->invocation.begin(*work_->instance, delivery);
  if (!begun) fault(begun.error());
  return begun.has_value();
}

/// Fills the batch from the next queue in rotation that has events; `turn_` is its handler.
bool Actor::Core::take_events() {
  const auto handlers = program().handlers();
  for (std::size_t i = 0; i < handlers.size(); ++i) {
    const std::size_t turn = (turn_ + i) % handlers.size();
    if (!has_events(handlers[turn].family)) continue;
    work_->batch.clear();
    families_.source(handlers[turn].family)->take(work_->batch);
    if (work_->batch.empty()) continue;
    turn_ = turn;
    return true;
  }
  return false;
}

bool Actor::Core::has_work() const {
  if (phase_ == Phase::kRestarting) return false;
  if (is_invoking() || !parcels_.empty()) return true;
  return std::ranges::any_of(program().handlers(), [this](const ExportTarget& handler) {
    return has_events(handler.family);
  });
}

/// Whether a family has events that may be taken now. Of an actor that is to stop, only those that
/// tell it so.
bool Actor::Core::has_events(std::size_t family) const {
  if (is_log_spent()) {
    PROBE("actor: its log is used up, what is new waits");
    return false;
  }
  if (phase_ == Phase::kStopping && !is_draining_) return families_.has_parting_event(family);
  const EventSource* source = families_.source(family);
  return source != nullptr && source->has_events();
}

/// Whether its log is used up: what comes waits in the families' queues, whose sources rest or
/// refuse. What is owed is delivered, and a stop has a little more for what the guest is told.
bool Actor::Core::is_log_spent() const {
  const std::uint64_t bytes = journal_.chain().head().bytes, most = manifest().limits.log_max;
  const std::uint64_t more = phase_ == Phase::kStopping ? kLogOverrunBytesMax : 0;
  return bytes >= most && bytes - most >= more;
}

Status Actor::Core::ensure_instance() {
  if (has_instance()) return {};
  TRY_OK(make_instance());
  return record_activation();
}

Status Actor::Core::make_instance() {
  Workshop& work = workshop();
  TRY(work.instance,
      wasm::Instance::create(program().linked(), manifest().limits.instance, work.invocation));
  return {};
}

Workshop& Actor::Core::workshop() {
  if (!work_) {
    const InvocationParts parts{program(), journal_, families_, state_,
                                manifest().limits.state_max};
    work_ = std::make_unique<Workshop>(parts, manifest().batch);
    work_->invocation.set_next_id(memory_.next_id);
  }
  return *work_;
}

void Actor::Core::close_workshop() {
  if (!work_) return;
  memory_.next_id = work_->invocation.next_id();
  work_.reset();
  families_.release_memory();
  state_.release_memory();
}

Status Actor::Core::record_activation() {
  if (manifest().instance == InstanceMode::kFresh) return {};
  arm_idle_timer();
  EventDraft draft;
  draft.kind = chain::Kind::kActivate;
  draft.body = chain::ActivateBody{next_activation_};
  TRY_OK(journal_.append(draft));
  return {};
}

void Actor::Core::finish_invocation() {
  const InvocationEnd& end = work_->invocation.end();
  const Delivery& delivery = work_->invocation.delivery();
  if (end.is_commit) {
    families_.handled({*delivery.target, *delivery.inputs, end.appended},
                      work_->invocation.effects());
  }
  families_.settle(end.is_commit ? Settlement::kCommitted : Settlement::kDiscarded,
                   work_->invocation.effects(), end.appended.lsn);
  if (manifest().instance == InstanceMode::kFresh) work_->instance.reset();
  if (end.is_commit) {
    ++counts_.commits;
    delta_bytes_ += end.delta_bytes;
    memory_.is_initialized = true;
    memory_.state_component = identity_.component;
    release_operations();
    return;
  }
  ++trouble().failures[static_cast<std::size_t>(end.reason)];
  trouble().last_error = end.text;
  if (on_failure_) {
    on_failure_({end.appended.seq, *work_->invocation.delivery().target, end.text});
  }
  if (end.instance_is_dead) drop_instance(chain::ActivateReason::kTrapped);
  finish_failed(end);
}

void Actor::Core::finish_failed(const InvocationEnd& end) {
  const Delivery delivery = work_->invocation.delivery();
  if (delivery.target->role != ExportRole::kHandler) {
    fault({Code::kInvalid, fmt::format("{} failed: {}", delivery.target->name, end.text)});
    return;
  }
  if (end.reason == chain::TrapReason::kInterrupted) {  // for want of room: again when there is
    parcels_.push_front(
        {delivery.target, *delivery.inputs, delivery.first.value_or(end.receive), delivery.asked});
    return;
  }
  if (delivery.inputs->size() == 1 || end.asked_once) {
    failed_alone(end);
    return;
  }
  Parcel failed{delivery.target, *delivery.inputs, std::nullopt, 0};
  put_back_split(parcels_, failed, delivery.first.value_or(end.receive));
}

/// One event failed by itself: it is not delivered again.
void Actor::Core::failed_alone(const InvocationEnd& end) {
  const Delivery& delivery = work_->invocation.delivery();
  families_.handled_in_vain({*delivery.target, *delivery.inputs, end.appended});
  release_operations();
  if (phase_ == Phase::kStopping) return;
  switch (manifest().on_error) {
    case OnError::kKeep:
      return;
    case OnError::kRestart:
      restart(end);
      return;
    case OnError::kStop:
      fault({Code::kInvalid, fmt::format("an event failed and on_error is stop: {}", end.text)});
      return;
  }
}

/// The last events of operations that were delivered will not come again.
void Actor::Core::release_operations() {
  const EventBatch& inputs = *work_->invocation.delivery().inputs;
  for (std::size_t i = 0; inputs.has_origins() && i < inputs.size(); ++i) {
    const EventOrigin* origin = inputs.origin(i);
    if (origin != nullptr) families_.operations().delivered(origin->operation);
  }
}

/// Between two invocations: nothing that the start has to deliver is left. New events may be.
void Actor::Core::settle_start() {
  if (phase_ != Phase::kStarting || !parcels_.empty()) return;
  phase_ = Phase::kRunning;
  const auto beginning = std::move(beginning_);
  if (beginning->on_started) beginning->on_started({});
}

/// Nothing to deliver: looks whether that ends a phase, and does what waits for idleness.
void Actor::Core::settle_phase() {
  if (is_ended() || is_invoking()) return;
  settle_start();
  if (phase_ == Phase::kStarting) return;  // what it delivers waits for the disk or an instance
  if (on_log_spent_ && is_log_spent()) std::exchange(on_log_spent_, {})();
  if (phase_ == Phase::kRunning) take_snapshot();
  if (phase_ == Phase::kStopping) finish_stop();
  if (!has_instance()) close_workshop();
}

}  // namespace theater::actor
