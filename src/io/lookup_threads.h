// LookupThreads and ThreadResolver: names by the system's resolver, which blocks, off the shards.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>

#include "io/executor.h"
#include "io/queue_meter.h"
#include "io/resolver.h"
#include "io/thread.h"

namespace theater::io {

inline constexpr std::size_t kLookupThreads = 2;
inline constexpr std::size_t kLookupsMax = 256;  // of a shard, unanswered
/// Of the node, not begun: each shard's, and those given up that a thread has not passed yet.
inline constexpr std::size_t kLookupQueueMax = 4096;

/// A node's threads for names. Not io::Workers: a dead name server must not hold up databases.
/// A name is waited for at most some ten seconds (two tries of two seconds for each server).
/// Callable from any thread; ends by stop().
class LookupThreads {
 public:
  using Found = std::move_only_function<void(Result<Resolver::Addresses>)>;
  explicit LookupThreads(const Clock& clock);
  /// CHECKs that it was stopped.
  ~LookupThreads();
  LookupThreads(const LookupThreads&) = delete;
  LookupThreads& operator=(const LookupThreads&) = delete;

  /// `is_wanted` is asked before the lookup begins; `found` is called on a thread of these. False:
  /// the queue is full.
  bool look_up(std::string host, std::shared_ptr<const std::atomic<bool>> is_wanted, Found found);
  /// Of the names that no thread has begun with.
  QueueFigures figures() const { return meter_.read(); }
  /// Forgets what has not begun, waits for what has, ends the threads. Idempotent.
  void stop();

 private:
  struct Wish {
    std::string host;
    std::shared_ptr<const std::atomic<bool>> is_wanted;  // shared with the shard that asks
    Found found;
  };
  void run();

  QueueMeter meter_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Wish> wishes_;
  bool is_stopping_ = false;
  std::vector<std::unique_ptr<Thread>> threads_;
};

/// One shard's, on its executor; the threads are the node's and outlive it.
class ThreadResolver final : public Resolver {
 public:
  ThreadResolver(LookupThreads& threads, Executor& executor);
  ~ThreadResolver() override;

  LookupId resolve(const std::string& host, Nanoseconds patience, Answer answer) override;
  void cancel(LookupId lookup) override;

 private:
  struct Lookup {
    Answer answer;
    TimerId deadline;
    std::shared_ptr<std::atomic<bool>> is_wanted;  // shared with the thread that looks it up
  };
  void answer_soon(LookupId lookup, Result<Addresses> result);
  void finish(LookupId lookup, Result<Addresses> result);

  LookupThreads& threads_;
  Executor& executor_;
  std::map<LookupId, Lookup> lookups_;
  std::uint64_t last_id_ = 0;
  /// Shared with posted answers, which may run after the resolver has gone.
  std::shared_ptr<ThreadResolver*> self_;
};

}  // namespace theater::io
