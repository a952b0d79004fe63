// Deferred: an instance's work that is put off to a task of its shard, so that what many events ask
// for is done once.
#pragma once

#include <algorithm>
#include <vector>

#include "io/executor.h"
#include "io/lifeline.h"

namespace theater::host {

/// A member of `Owner`, on its shard. What was asked for and has not run goes with it.
template <typename Owner>
class Deferred {
 public:
  using Work = void (Owner::*)();
  /// Both outlive it; bounded by the number of the owner's methods that are ever asked for.
  Deferred(io::Executor& executor, Owner& owner) : executor_(executor), owner_(owner) {}

  /// Calls `work` from a task of its own, never inside this call. Asking again before it has begun
  /// is asking once.
  void request(Work work) {
    if (std::ranges::find(waiting_, work) != waiting_.end()) return;
    waiting_.push_back(work);
    executor_.post(lifeline_.guard([this, work] {
      std::erase(waiting_, work);
      (owner_.*work)();
    }));
  }

 private:
  io::Executor& executor_;
  Owner& owner_;
  std::vector<Work> waiting_;
  io::Lifeline lifeline_;
};

}  // namespace theater::host
