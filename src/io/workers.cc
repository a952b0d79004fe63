// WorkerThreads: one queue, several threads that empty it.
#include "io/workers.h"

#include <fmt/format.h>

#include <utility>

#include "base/check.h"

namespace theater::io {

WorkerThreads::WorkerThreads(const std::string& name, std::size_t count) {
  CHECK(count >= 1 && count <= kWorkerThreadsMax, "BOUND-1");
  for (std::size_t i = 1; i <= count; ++i) {
    threads_.push_back(
        std::make_unique<Thread>(fmt::format("{} {}", name, i), [this] { serve(); }));
  }
}

WorkerThreads::~WorkerThreads() { CHECK(threads_.empty(), "END-1"); }

void WorkerThreads::run(Task work, Executor& home, Task then) {
  {
    const std::scoped_lock lock(mutex_);
    CHECK(!is_stopping_, "END-1");
    jobs_.push_back({std::move(work), &home, std::move(then)});
  }
  changed_.notify_one();
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
    changed_.wait(lock, [this] { return is_stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job.work();
    job.work = {};
    job.home->post(std::move(job.then));
    lock.lock();
  }
}

}  // namespace theater::io
