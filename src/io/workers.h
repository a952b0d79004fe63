// Workers: the port for work that has no asynchronous interface: SQLite, file reads.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "io/executor.h"
#include "io/thread.h"

namespace theater::io {

/// Runs what blocks, on no shard's thread, several at a time. The queue is bounded by its users:
/// each bounds what it hands in. Callable from any thread.
class Workers {
 public:
  virtual ~Workers() = default;
  /// Runs `work` on some thread, then `then` on `home`, which outlives the workers' stop. Work of
  /// one user may run side by side and end in any order. A `then` whose asker may be gone by its
  /// time is guarded by a Lifeline; `work` may touch only what it owns.
  virtual void run(Task work, Executor& home, Task then) = 0;
};

inline constexpr std::size_t kWorkerThreadsMax = 16;

/// Threads of their own. Owned by the node; end by stop(), after which nothing may be handed in.
class WorkerThreads final : public Workers {
 public:
  /// Threads are called "NAME 1", "NAME 2", ...; 1 to kWorkerThreadsMax of them.
  WorkerThreads(const std::string& name, std::size_t count);
  /// CHECKs that they were stopped.
  ~WorkerThreads() override;

  void run(Task work, Executor& home, Task then) override;
  /// Runs what was handed in, then ends the threads. Idempotent.
  void stop();

 private:
  struct Job {
    Task work;
    Executor* home;
    Task then;
  };
  void serve();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool is_stopping_ = false;
  std::vector<std::unique_ptr<Thread>> threads_;
};

/// For tests: no threads. Work runs as a task of the executor it came from, `then` as a later one.
class SteppingWorkers final : public Workers {
 public:
  void run(Task work, Executor& home, Task then) override {
    home.post([this, &home, does = std::move(work), after = std::move(then)]() mutable {
      does();
      ++done_;
      home.post(std::move(after));
    });
  }
  /// Jobs that have run.
  std::size_t done() const { return done_; }

 private:
  std::size_t done_ = 0;
};

}  // namespace theater::io
