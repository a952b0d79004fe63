// Owners: which terminals of this node have an actor.
#pragma once

#include <sys/types.h>

#include <mutex>
#include <set>

namespace theater::hosts::terminal {

/// One per node, shared by its instances on every shard: guarded.
class Owners {
 public:
  /// False: somebody has it.
  bool take(dev_t terminal) {
    const std::scoped_lock lock(mutex_);
    return taken_.insert(terminal).second;
  }
  void give_back(dev_t terminal) {
    const std::scoped_lock lock(mutex_);
    taken_.erase(terminal);
  }

 private:
  std::mutex mutex_;
  std::set<dev_t> taken_;
};

}  // namespace theater::hosts::terminal
