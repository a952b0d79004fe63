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
    kYielded,  // this turn took a whole slice: what the shard's other work leads to comes first
    kIdle,
  };
  virtual Next run() = 0;

 private:
  friend class RunQueue;
  bool is_queued_ = false;
};

/// One shard's; shard thread only. A task posted to the executor serves at most `kTurnsAtOnce`
/// runnables and then lets the shard's other work through. One that used up a slice waits for
/// `kRoundsBetweenSlices` tasks, each posted by the one before: so many steps take a message that
/// came in during the slice from its socket to the guest, or its answer from the disk to the
/// socket, without another slice in between. While the gate says overloaded, nothing is served;
/// `resume()` starts it again.
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
  std::size_t size() const { return queue_.size() + later_.size(); }

  static constexpr std::size_t kTurnsAtOnce = 64;
  static constexpr std::size_t kRoundsBetweenSlices = 4;

 private:
  void post();
  void post_round();
  void serve();
  void serve_later();
  bool hold_if_overloaded();
  void take_turn(std::deque<Runnable*>& queue);

  io::Executor& executor_;
  IsOverloaded is_overloaded_;
  std::deque<Runnable*> queue_;
  std::deque<Runnable*> later_;  // each used up a slice
  bool is_posted_ = false;
  std::size_t rounds_left_ = 0;  // until one of later_ is served; 0: none is posted
  bool is_held_ = false;
  std::shared_ptr<bool> alive_;  // shared with the posted task, which may run after the queue
};

}  // namespace theater::actor
