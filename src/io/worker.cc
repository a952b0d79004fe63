// WorkerThread: a queue and the thread that empties it.
#include "io/worker.h"

#include "base/check.h"

namespace theater::io {

WorkerThread::WorkerThread(const std::string& name) : thread_(name, [this] { run(); }) {}

WorkerThread::~WorkerThread() { CHECK(is_stopping_, "END-1"); }

void WorkerThread::post(Task task) {
  {
    const std::scoped_lock lock(mutex_);
    CHECK(!is_stopping_, "END-1");
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
}

void WorkerThread::stop() {
  {
    const std::scoped_lock lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void WorkerThread::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_stopping_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    task = {};
    lock.lock();
  }
}

}  // namespace theater::io
