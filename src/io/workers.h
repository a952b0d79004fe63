// Workers: the port for work that has no asynchronous interface: SQLite, file reads.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/ids.h"
#include "io/executor.h"
#include "io/queue_meter.h"
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
  /// For work that may wait for others (a lock, a server) or compute for seconds: what is short
  /// never stands behind it. Lives as long as this.
  virtual Workers& for_long() { return *this; }
};

/// Whoever shares threads with others: an actor.
using WorkerUser = StrongNumber<struct WorkerUserTag>;

inline constexpr std::size_t kWorkerThreadsMax = 16;
inline constexpr std::size_t kWorkersOfUserMax = 2;  // threads that one user holds at a time

/// Threads of their own, which users share fairly: each holds at most kWorkersOfUserMax of them,
/// what it hands in beyond that waits in a queue of its own, and the queues are served in turn.
/// Owned by the node; end by stop(), after which nothing may be handed in. Callable from any
/// thread.
class WorkerThreads final {
 public:
  /// Threads are called "NAME 1", "NAME 2", ...; 1 to kWorkerThreadsMax of them. `clock` outlives
  /// it.
  WorkerThreads(const std::string& name, std::size_t count, const Clock& clock);
  /// CHECKs that they were stopped.
  ~WorkerThreads();
  WorkerThreads(const WorkerThreads&) = delete;
  WorkerThreads& operator=(const WorkerThreads&) = delete;

  /// As Workers::run. Work of one user begins in the order in which it was handed in.
  void run(WorkerUser user, Task work, Executor& home, Task then);
  /// Of what no thread has begun with.
  QueueFigures figures() const;
  /// Runs what was handed in, then ends the threads. Idempotent.
  void stop();

 private:
  struct Job {
    Task work;
    Executor* home;
    Task then;
    MonotonicTime since;
  };
  /// Of one user; gone when it has nothing here.
  struct Queue {
    std::deque<Job> waiting;
    std::size_t running = 0;
    bool is_in_line = false;
  };
  void serve();
  Job begin(WorkerUser user);
  void end(WorkerUser user);
  bool line_up(WorkerUser user, Queue& queue);

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<WorkerUser, Queue> queues_;
  std::deque<WorkerUser> line_;  // those of whom a job may begin, once each
  QueueFigures figures_;         // but for oldest_age
  bool is_stopping_ = false;
  std::vector<std::unique_ptr<Thread>> threads_;
};

/// What one user sees of threads. Borrows all it is given.
class WorkerShare final : public Workers {
 public:
  /// `longer`: for_long(); nullptr: this.
  WorkerShare(WorkerThreads& threads, WorkerUser user, Workers* longer = nullptr)
      : threads_(threads), user_(user), longer_(longer) {}
  void run(Task work, Executor& home, Task then) override {
    threads_.run(user_, std::move(work), home, std::move(then));
  }
  Workers& for_long() override { return longer_ != nullptr ? *longer_ : *this; }

 private:
  WorkerThreads& threads_;
  const WorkerUser user_;
  Workers* const longer_;
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
  Workers& for_long() override { return long_; }
  /// Jobs that have run.
  std::size_t done() const { return done_; }
  /// Jobs that came by for_long().
  std::size_t long_jobs() const { return long_.jobs; }

 private:
  struct Long final : Workers {
    explicit Long(SteppingWorkers& all) : all(all) {}
    void run(Task work, Executor& home, Task then) override {
      ++jobs;
      all.run(std::move(work), home, std::move(then));
    }
    SteppingWorkers& all;
    std::size_t jobs = 0;
  };
  Long long_{*this};
  std::size_t done_ = 0;
};

}  // namespace theater::io
