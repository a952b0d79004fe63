// RunQueue: the actors of a shard that have something to do, served in turn.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>

#include "io/executor.h"

namespace theater::actor {

/// Something the run queue serves. `is_queued` belongs to the queue.
class Runnable {
 public:
  virtual ~Runnable() = default;
  /// Does a bounded piece of work: at most one invocation or one slice of it.
  enum class Next {
    kAgain,    // put me at the back
    kYielded,  // the same, and the shard's other work comes first: this turn took a whole slice
    kIdle,
  };
  virtual Next run() = 0;

 private:
  friend class RunQueue;
  bool is_queued_ = false;
};

/// One shard's; shard thread only. A task posted to the executor serves at most `kTurnsAtOnce`
/// runnables, fewer if one used up a slice, and then lets the shard's other work through. While the
/// gate says overloaded, nothing is served; `resume()` starts it again.
class RunQueue {
 public:
  using IsOverloaded = std::move_only_function<bool() const>;
  RunQueue(io::Executor& executor, IsOverloaded is_overloaded);
  ~RunQueue();
  RunQueue(const RunQueue&) = delete;
  RunQueue& operator=(const RunQueue&) = delete;

  /// Queues it unless it is queued. Cheap.
  void add(Runnable& runnable);
  /// Forgets it.
  void remove(Runnable& runnable);
  /// Something became durable: serve again if that was what held the queue.
  void resume();
  std::size_t size() const { return queue_.size(); }

  static constexpr std::size_t kTurnsAtOnce = 64;

 private:
  void post();
  void serve();

  io::Executor& executor_;
  IsOverloaded is_overloaded_;
  std::deque<Runnable*> queue_;
  bool is_posted_ = false;
  bool is_held_ = false;
  std::shared_ptr<bool> alive_;  // shared with the posted task, which may run after the queue
};

}  // namespace theater::actor
