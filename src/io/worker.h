// Worker: the port for work that blocks (syncs, file reads) and so must not run on a shard.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>

#include "io/executor.h"
#include "io/thread.h"

namespace theater::io {

/// Runs tasks one after another, on no shard's thread. A task that has an answer posts it to the
/// executor of whoever asked. Callable from any thread.
class Worker {
 public:
  virtual ~Worker() = default;
  virtual void post(Task task) = 0;
};

/// A worker with a thread of its own. Its queue is bounded by its users: each has at most one task
/// in it. Owned by the node; ends by stop(), after which nothing is posted.
class WorkerThread final : public Worker {
 public:
  explicit WorkerThread(const std::string& name);
  /// CHECKs that it was stopped.
  ~WorkerThread() override;

  void post(Task task) override;
  /// Runs what was posted, then ends the thread. Idempotent.
  void stop();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  bool is_stopping_ = false;
  Thread thread_;
};

}  // namespace theater::io
