// RunQueue: one posted task serves a bounded number of turns.
#include "actor/run_queue.h"

#include <algorithm>

#include "base/check.h"

namespace theater::actor {

RunQueue::RunQueue(io::Executor& executor, IsOverloaded is_overloaded)
    : executor_(executor),
      is_overloaded_(std::move(is_overloaded)),
      alive_(std::make_shared<bool>(true)) {}

RunQueue::~RunQueue() {
  CHECK(queue_.empty(), "END-1");
  *alive_ = false;
}

void RunQueue::add(Runnable& runnable) {
  if (runnable.is_queued_) return;
  runnable.is_queued_ = true;
  queue_.push_back(&runnable);
  post();
}

void RunQueue::remove(Runnable& runnable) {
  if (!runnable.is_queued_) return;
  runnable.is_queued_ = false;
  queue_.erase(std::ranges::find(queue_, &runnable));
}

void RunQueue::resume() {
  is_held_ = false;
  post();
}

void RunQueue::post() {
  if (is_posted_ || is_held_ || queue_.empty()) return;
  is_posted_ = true;
  executor_.post([this, alive = alive_] {
    if (*alive) serve();
  });
}

void RunQueue::serve() {
  is_posted_ = false;
  for (std::size_t turn = 0; turn < kTurnsAtOnce && !queue_.empty(); ++turn) {
    if (is_overloaded_()) {
      is_held_ = true;
      return;
    }
    Runnable& runnable = *queue_.front();
    queue_.pop_front();
    runnable.is_queued_ = false;
    const Runnable::Next next = runnable.run();
    if (next != Runnable::Next::kIdle) add(runnable);
    if (next == Runnable::Next::kYielded) break;
  }
  post();
}

}  // namespace theater::actor
