// SteppingExecutor: posted tasks first, then the earliest timer that is due.
#include "io/stepping_executor.h"

#include <algorithm>

#include "base/check.h"

namespace theater::io {

TimerId SteppingExecutor::after(Nanoseconds delay, Task task) {
  const std::uint64_t id = ++timers_made_;
  const MonotonicTime due = clock_.now() + std::max(delay, Nanoseconds(0));
  timers_.emplace(Due(due, id), std::move(task));
  due_of_.emplace(id, due);
  return {id};
}

void SteppingExecutor::cancel(TimerId timer) {
  const auto found = due_of_.find(timer.value);
  if (found == due_of_.end()) return;
  timers_.erase(Due(found->second, timer.value));
  due_of_.erase(found);
}

bool SteppingExecutor::step() {
  if (tasks_.empty()) return false;
  Task task = std::move(tasks_.front());
  tasks_.pop_front();
  task();
  return true;
}

bool SteppingExecutor::step_timer() {
  if (timers_.empty() || timers_.begin()->first.first > clock_.now()) return false;
  auto due = timers_.extract(timers_.begin());
  due_of_.erase(due.key().second);
  due.mapped()();
  return true;
}

std::size_t SteppingExecutor::run(std::size_t tasks_max) {
  std::size_t count = 0;
  while (step()) CHECK(++count <= tasks_max, "tasks that post tasks for ever");
  return count;
}

void SteppingExecutor::advance(Nanoseconds span) {
  const MonotonicTime end = clock_.now() + span;
  run();
  while (!timers_.empty() && timers_.begin()->first.first <= end) {
    auto due = timers_.extract(timers_.begin());
    due_of_.erase(due.key().second);
    clock_.advance(std::max(due.key().first - clock_.now(), Nanoseconds(0)));
    due.mapped()();
    run();
  }
  clock_.advance(end - clock_.now());
}

Nanoseconds SteppingExecutor::next_timer() const {
  if (timers_.empty()) return Nanoseconds(-1);
  return std::max(timers_.begin()->first.first - clock_.now(), Nanoseconds(0));
}

}  // namespace theater::io
