// QueueMeter: what whoever watches a node wants to know of a queue between threads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <mutex>

#include "io/clock.h"

namespace theater::io {

struct QueueFigures {
  std::uint64_t depth = 0, high_water = 0;
  std::uint64_t in = 0, refused = 0;  // since the queue was made
  Nanoseconds oldest_age{0};
};

/// Beside a queue whose items leave in the order in which they came. Callable from any thread;
/// `clock` outlives it.
class QueueMeter {
 public:
  explicit QueueMeter(const Clock& clock) : clock_(clock) {}

  void came() {
    const std::scoped_lock lock(mutex_);
    since_.push_back(clock_.now());
    ++figures_.in;
    figures_.high_water = std::max<std::uint64_t>(figures_.high_water, since_.size());
  }
  void refused() {
    const std::scoped_lock lock(mutex_);
    ++figures_.refused;
  }
  void left() {
    const std::scoped_lock lock(mutex_);
    since_.pop_front();
  }
  QueueFigures read() const {
    const std::scoped_lock lock(mutex_);
    QueueFigures figures = figures_;
    figures.depth = since_.size();
    if (!since_.empty()) figures.oldest_age = clock_.now() - since_.front();
    return figures;
  }

 private:
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::deque<MonotonicTime> since_;  // of each item in the queue
  QueueFigures figures_;
};

}  // namespace theater::io
