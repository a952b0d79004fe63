// Operations: slots, deadlines, one end each.
#include "host/operation.h"

#include <utility>

#include "base/check.h"

namespace theater::host {

bool Operations::prepare(OperationId id, std::optional<MonotonicTime> deadline) {
  if (unbegun_ >= limits_.waiting_max) return false;
  const bool is_new = operations_.emplace(id, Operation{.deadline = deadline}).second;
  CHECK(is_new, "operation ids are never reused");
  ++unbegun_;
  prepared_.push_back(id);
  return true;
}

void Operations::settle(Settled settled) {
  for (const OperationId id : std::exchange(prepared_, {})) {
    const auto place = operations_.find(id);
    if (place == operations_.end()) continue;
    if (settled == Settled::kDiscarded) {
      unbegun_ -= place->second.machine.state() == OperationState::kPrepared ? 1 : 0;
      operations_.erase(place);  // it never was
    } else if (apply(place, OperationInput::kCommit) && place->second.is_started) {
      start(id);
    }
  }
}

void Operations::start(OperationId id) {
  const auto place = operations_.find(id);
  if (place == operations_.end()) return;
  place->second.is_started = true;
  if (place->second.machine.state() != OperationState::kQueued) return;
  waiting_.push_back(id);
  fill_slots();
}

void Operations::fill_slots() {
  while (running_ < limits_.running_max && !waiting_.empty()) {
    const auto place = operations_.find(waiting_.front());
    waiting_.pop_front();
    if (place == operations_.end()) continue;
    apply(place, OperationInput::kBegin);
  }
}

bool Operations::finish(OperationId id, OperationEnd how) {
  const auto place = operations_.find(id);
  const bool is_running =
      place != operations_.end() && place->second.machine.state() == OperationState::kRunning;
  if (!is_running) {
    ++late_;
    return false;
  }
  place->second.how = how;
  apply(place, OperationInput::kFinish);
  fill_slots();
  return true;
}

bool Operations::cancel(OperationId id) {
  const auto place = operations_.find(id);
  if (place == operations_.end() || place->second.machine.state() >= OperationState::kEnded) {
    return false;
  }
  place->second.how = OperationEnd::kCancelled;
  apply(place, OperationInput::kCancel);
  fill_slots();
  return true;
}

std::optional<MonotonicTime> Operations::expire(MonotonicTime now) {
  const auto is_overdue = [&] { return !due_.empty() && due_.begin()->first <= now; };
  for (std::size_t ended = 0; ended < kExpiresMax && is_overdue(); ++ended) {
    const auto place = operations_.find(due_.begin()->second);
    place->second.how = OperationEnd::kDeadline;
    apply(place, OperationInput::kDeadline);  // may stop them all
  }
  if (!is_overdue()) fill_slots();  // nothing begins that is
  return next_deadline();
}

std::optional<MonotonicTime> Operations::next_deadline() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first;
}

void Operations::restore(OperationId id, std::optional<MonotonicTime> deadline, CrashRule rule) {
  Operation operation{.machine = Machine<kOperationTable>(OperationState::kQueued),
                      .deadline = deadline,
                      .how = OperationEnd::kInterrupted};
  const auto place = operations_.insert_or_assign(id, operation).first;
  moved(id, operation, OperationState::kReleased);
  if (rule == CrashRule::kInterrupt) {
    apply(place, OperationInput::kInterrupt);
  } else {
    start(id);
  }
}

void Operations::delivered(OperationId id) {
  const auto place = operations_.find(id);
  if (place != operations_.end()) apply(place, OperationInput::kDeliver);
}

/// It has left the state `before`: what is counted and sorted by state.
void Operations::moved(OperationId id, const Operation& operation, OperationState before) {
  using enum OperationState;
  const OperationState now = operation.machine.state();
  const auto is_unbegun = [](OperationState state) { return state <= kQueued; };
  const auto may_expire = [](OperationState state) {
    return state == kQueued || state == kRunning;
  };
  running_ = running_ + (now == kRunning ? 1 : 0) - (before == kRunning ? 1 : 0);
  unbegun_ = unbegun_ + (is_unbegun(now) ? 1 : 0) - (is_unbegun(before) ? 1 : 0);
  if (!operation.deadline || may_expire(now) == may_expire(before)) return;
  if (may_expire(now)) {
    due_.emplace(*operation.deadline, id);
  } else {
    due_.erase({*operation.deadline, id});
  }
}

/// Steps the machine and does what it says; false: the operation is gone.
bool Operations::apply(Map::iterator place, OperationInput input) {
  const OperationId id = place->first;
  const OperationState before = place->second.machine.state();
  const auto step = place->second.machine.step(input);
  moved(id, place->second, before);
  const OperationEnd how = place->second.how;
  bool is_known = true;
  for (const OperationAction action : step.actions) {
    switch (action) {
      case OperationAction::kPerform:
        user_.perform(id);
        break;
      case OperationAction::kAbort:
        user_.abort(id);
        break;
      case OperationAction::kEnd:
        user_.end(id, how);
        break;
      case OperationAction::kForget:
        operations_.erase(id);
        is_known = false;
        break;
    }
  }
  return is_known;
}

void Operations::abort_all() {
  for (const auto& [id, operation] : operations_) {
    if (operation.machine.state() == OperationState::kRunning) user_.abort(id);
  }
  operations_.clear();
  prepared_.clear();
  waiting_.clear();
  due_.clear();
  running_ = unbegun_ = 0;
}

std::optional<OperationState> Operations::state(OperationId id) const {
  const auto place = operations_.find(id);
  if (place == operations_.end()) return std::nullopt;
  return place->second.machine.state();
}

std::vector<OperationId> Operations::pending() const {
  std::vector<OperationId> ids;
  for (const auto& [id, operation] : operations_) ids.push_back(id);
  return ids;
}

}  // namespace theater::host
