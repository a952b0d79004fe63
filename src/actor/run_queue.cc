// RunQueue: one posted task serves a bounded number of turns; slices wait some tasks longer.
#include "actor/run_queue.h"

#include <algorithm>

#include "base/check.h"

namespace theater::actor {

RunQueue::RunQueue(io::Executor& executor, IsOverloaded is_overloaded)
    : executor_(executor),
      is_overloaded_(std::move(is_overloaded)),
      alive_(std::make_shared<bool>(true)) {}

RunQueue::~RunQueue() {
  CHECK(size() == 0, "END-1");
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
  if (std::erase(queue_, &runnable) == 0) std::erase(later_, &runnable);
}

void RunQueue::resume() {
  is_held_ = false;
  post();
}

void RunQueue::post() {
  if (is_held_) return;
  if (!is_posted_ && !queue_.empty()) {
    is_posted_ = true;
    executor_.post([this, alive = alive_] {
      if (*alive) serve();
    });
  }
  if (rounds_left_ == 0 && !later_.empty()) {
    rounds_left_ = kRoundsBetweenSlices;
    post_round();
  }
}

void RunQueue::post_round() {
  executor_.post([this, alive = alive_] {
    if (!*alive) return;
    if (--rounds_left_ > 0) return post_round();
    serve_later();
  });
}

bool RunQueue::hold_if_overloaded() {
  is_held_ = is_overloaded_();
  return is_held_;
}

void RunQueue::take_turn(std::deque<Runnable*>& queue) {
  Runnable& runnable = *queue.front();
  queue.pop_front();
  runnable.is_queued_ = false;
  const Runnable::Next next = runnable.run();
  if (next == Runnable::Next::kIdle || runnable.is_queued_) return;
  runnable.is_queued_ = true;
  (next == Runnable::Next::kYielded ? later_ : queue_).push_back(&runnable);
}

void RunQueue::serve() {
  is_posted_ = false;
  for (std::size_t turn = 0; turn < kTurnsAtOnce && !queue_.empty(); ++turn) {
    if (hold_if_overloaded()) return;
    take_turn(queue_);
  }
  post();
}

void RunQueue::serve_later() {
  if (later_.empty() || hold_if_overloaded()) return;
  take_turn(later_);
  post();
}

}  // namespace theater::actor
