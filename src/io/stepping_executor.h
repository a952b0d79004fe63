// SteppingExecutor: an Executor that runs nothing until the test says so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <utility>

#include "io/executor.h"
#include "io/manual_clock.h"

namespace theater::io {

/// Tasks run in the order posted, timers in the order due, both only inside step(), run() and
/// advance(). One thread, `post` included.
class SteppingExecutor final : public Executor {
 public:
  explicit SteppingExecutor(ManualClock& clock) : clock_(clock) {}

  void post(Task task) override { tasks_.push_back(std::move(task)); }
  TimerId after(Nanoseconds delay, Task task) override;
  void cancel(TimerId timer) override;

  /// Runs one posted task; false if there is none.
  bool step();
  /// Runs the earliest timer if it is due, whatever tasks wait; false if none is. For those who
  /// move the clock themselves.
  bool step_timer();
  /// Runs posted tasks, and those they post, until none is left; at most `tasks_max`, which is a
  /// CHECK. Returns how many ran.
  std::size_t run(std::size_t tasks_max = 1'000'000);
  /// Lets `span` pass: each timer runs at its time, with the tasks it posts.
  void advance(Nanoseconds span);
  /// Time to the next timer, or nothing armed: a negative span.
  Nanoseconds next_timer() const;
  std::size_t task_count() const { return tasks_.size(); }
  std::size_t timer_count() const { return timers_.size(); }

 private:
  using Due = std::pair<MonotonicTime, std::uint64_t>;  // the number keeps equal times in order
  ManualClock& clock_;
  std::deque<Task> tasks_;
  std::map<Due, Task> timers_;
  std::map<std::uint64_t, MonotonicTime> due_of_;
  std::uint64_t timers_made_ = 0;
};

}  // namespace theater::io
