// WatchedInstance: notes, and the planted bugs of families and queues.
#include "sim/watched.h"

namespace theater::sim {

/// An end that is not recorded is delivered as if it stood where the one before it stands.
std::optional<actor::EventOrigin> WatchedPort::record_operation(const actor::OperationNote& note) {
  if (note.event && last_end_ && watch_.trouble.is_planted(Bug::kLostEnd)) {
    actor::EventOrigin unrecorded = *last_end_;
    unrecorded.operation = note.id;
    return unrecorded;
  }
  const std::optional<actor::EventOrigin> origin = inner_.record_operation(note);
  if (note.event && origin) last_end_ = origin;
  if (origin && note.phase == chain::OperationPhase::kReissued) {
    watch_.witness.repeats[note.id] = origin->reference.seq;
    if (watch_.trouble.is_planted(Bug::kEarlyRepeat)) inner_.operations()->begin_again(note.id);
  }
  return origin;
}

void WatchedSource::take(actor::EventBatch& batch) {
  actor::EventBatch events(batch.limits());
  inner_->take(events);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (watch_.trouble.strikes(Bug::kDroppedEvent)) continue;
    order.push_back(i);
    if (watch_.trouble.strikes(Bug::kRepeatedDelivery)) order.push_back(i);
  }
  if (order.size() > 1 && watch_.trouble.strikes(Bug::kReorderedEvents)) {
    std::swap(order[0], order[1]);
  }
  for (const std::size_t i : order) batch.add(events[i], events.origin(i));
  for (std::size_t i = 0; i < events.size(); ++i) {
    watch_.witness.lives.back().taken.push_back(to_bytes(events[i]));
  }
}

WatchedInstance::WatchedInstance(std::unique_ptr<WatchedPort> port,
                                 std::unique_ptr<actor::FamilyInstance> inner, const Watch& watch)
    : port_(std::move(port)),
      inner_(std::move(inner)),
      watch_(watch),
      source_(inner_->events(), watch) {}

void WatchedInstance::perform(const actor::Effect& effect) {
  if (watch_.trouble.strikes(Bug::kLostOutput)) return;
  const actor::FamilyInfo& family = inner_->info();
  Performed performed{family.interface_name + "#" + family.calls[effect.function].name,
                      to_bytes(effect.arguments), effect.seq};
  const std::size_t times = watch_.trouble.strikes(Bug::kRepeatedOutput) ? 2 : 1;
  for (std::size_t i = 0; i < times; ++i) {
    watch_.observer.on_perform(watch_.witness, performed);
    watch_.witness.lives.back().performed.push_back(performed);
  }
  inner_->perform(effect);
}

Bytes WatchedInstance::save() const {
  const bool forgets =
      inner_->info().name == "timer" && watch_.trouble.is_planted(Bug::kForgottenTimer);
  return forgets ? Bytes{0, 0} : inner_->save();
}

}  // namespace theater::sim
