// Operations: slots, deadlines, one end each.
#include "host/operation.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace theater::host {

bool Operations::prepare(OperationId id, std::optional<MonotonicTime> deadline) {
  const auto waits = [](const auto& entry) {
    return entry.second.machine.state() <= OperationState::kQueued;
  };
  const auto waiting = std::count_if(operations_.begin(), operations_.end(), waits);
  if (static_cast<std::size_t>(waiting) >= limits_.waiting_max) return false;
  const bool is_new = operations_.emplace(id, Operation{.deadline = deadline}).second;
  CHECK(is_new, "operation ids are never reused");
  prepared_.push_back(id);
  return true;
}

void Operations::settle(Settled settled) {
  for (const OperationId id : std::exchange(prepared_, {})) {
    const auto place = operations_.find(id);
    if (place == operations_.end()) continue;
    if (settled == Settled::kDiscarded) {
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
  std::vector<OperationId> overdue;
  for (const auto& [id, operation] : operations_) {
    const bool may_expire = operation.machine.state() == OperationState::kQueued ||
                            operation.machine.state() == OperationState::kRunning;
    if (may_expire && operation.deadline && *operation.deadline <= now) overdue.push_back(id);
  }
  for (const OperationId id : overdue) {  // an end may stop them all
    const auto place = operations_.find(id);
    if (place == operations_.end()) continue;
    place->second.how = OperationEnd::kDeadline;
    apply(place, OperationInput::kDeadline);
  }
  fill_slots();
  std::optional<MonotonicTime> next;
  for (const auto& [id, operation] : operations_) {
    if (!operation.deadline || operation.machine.state() >= OperationState::kEnded) continue;
    if (!next || *operation.deadline < *next) next = operation.deadline;
  }
  return next;
}

void Operations::restore(OperationId id, std::optional<MonotonicTime> deadline, CrashRule rule) {
  Operation operation{.machine = Machine<kOperationTable>(OperationState::kQueued),
                      .deadline = deadline,
                      .how = OperationEnd::kInterrupted};
  const auto place = operations_.insert_or_assign(id, operation).first;
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

/// Steps the machine and does what it says; false: the operation is gone.
bool Operations::apply(Map::iterator place, OperationInput input) {
  const OperationId id = place->first;
  const bool was_running = place->second.machine.state() == OperationState::kRunning;
  const auto step = place->second.machine.step(input);
  const bool is_running = place->second.machine.state() == OperationState::kRunning;
  running_ = running_ + (is_running ? 1 : 0) - (was_running ? 1 : 0);
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
  running_ = 0;
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
