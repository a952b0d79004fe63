// WorkerThreads: a queue a user, several threads that empty them in turn.
#include "io/workers.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace theater::io {

WorkerThreads::WorkerThreads(const std::string& name, std::size_t count, const Clock& clock)
    : clock_(clock) {
  CHECK(count >= 1 && count <= kWorkerThreadsMax, "BOUND-1");
  for (std::size_t i = 1; i <= count; ++i) {
    threads_.push_back(
        std::make_unique<Thread>(fmt::format("{} {}", name, i), [this] { serve(); }));
  }
}

WorkerThreads::~WorkerThreads() { CHECK(threads_.empty(), "END-1"); }

void WorkerThreads::run(WorkerUser user, Task work, Executor& home, Task then) {
  {
    const std::scoped_lock lock(mutex_);
    CHECK(!is_stopping_, "END-1");
    Queue& queue = queues_[user];
    queue.waiting.push_back({std::move(work), &home, std::move(then), clock_.now()});
    ++figures_.in;
    figures_.high_water = std::max(figures_.high_water, ++figures_.depth);
    if (!line_up(user, queue)) return;
  }
  changed_.notify_one();  // after the lock, which who wakes takes first
}

QueueFigures WorkerThreads::figures() const {
  const std::scoped_lock lock(mutex_);
  QueueFigures figures = figures_;
  const MonotonicTime now = clock_.now();
  for (const auto& [user, queue] : queues_) {
    if (queue.waiting.empty()) continue;
    figures.oldest_age = std::max(figures.oldest_age, now - queue.waiting.front().since);
  }
  return figures;
}

void WorkerThreads::stop() {
  {
    const std::scoped_lock lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  for (const auto& thread : threads_) thread->join();
  threads_.clear();
}

void WorkerThreads::serve() {
  std::unique_lock lock(mutex_);
  while (true) {
    // Those who wait while all jobs are begun wake up for the end, too.
    changed_.wait(lock, [this] { return !line_.empty() || (is_stopping_ && figures_.depth == 0); });
    if (line_.empty()) return;
    const WorkerUser user = line_.front();
    Job job = begin(user);
    lock.unlock();
    job.work();
    job.work = {};
    job.home->post(std::move(job.then));
    lock.lock();
    end(user);
  }
}

/// Takes the job of whoever is first in the line.
WorkerThreads::Job WorkerThreads::begin(WorkerUser user) {
  line_.pop_front();
  Queue& queue = queues_.at(user);
  queue.is_in_line = false;
  Job job = std::move(queue.waiting.front());
  queue.waiting.pop_front();
  ++queue.running;
  if (line_up(user, queue)) changed_.notify_one();
  if (--figures_.depth == 0 && is_stopping_) changed_.notify_all();
  return job;
}

void WorkerThreads::end(WorkerUser user) {
  Queue& queue = queues_.at(user);
  --queue.running;
  if (line_up(user, queue)) changed_.notify_one();
  if (queue.running == 0 && queue.waiting.empty()) queues_.erase(user);
}

/// A user stands in the line while a job of it may begin.
bool WorkerThreads::line_up(WorkerUser user, Queue& queue) {
  if (queue.is_in_line || queue.waiting.empty() || queue.running >= kWorkersOfUserMax) return false;
  queue.is_in_line = true;
  line_.push_back(user);
  return true;
}

}  // namespace theater::io
