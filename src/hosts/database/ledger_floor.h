// LedgerFloor: which entries of a ledger may go.
#pragma once

#include <deque>
#include <set>

#include "base/ids.h"

namespace theater::hosts::database {

/// An entry may go once the end of its operation is durable in the actor's chain: never before, or
/// a crash would do the operation again. What was recorded before an invocation committed is
/// durable when that invocation's effects are performed; so the floor of an operation is what had
/// ended when the invocation that started it was settled. One instance's.
class LedgerFloor {
 public:
  /// The gate performed a write with an entry to be.
  void begun(OperationId id) {
    open_.insert(id);
    last_begun_ = std::max(last_begun_, id);
  }
  /// Its end is recorded.
  void ended(OperationId id) { open_.erase(id); }
  /// An invocation committed; `newest` is the newest operation there is.
  void settled(OperationId newest) {
    const OperationId floor = open_.empty() ? last_begun_.next() : *open_.begin();
    if (!marks_.empty() && marks_.back().newest >= newest) return;  // it started nothing
    marks_.push_back({newest, std::min(floor, newest)});
  }
  /// Entries below it may go when `id` is performed.
  OperationId of(OperationId id) {
    while (!marks_.empty() && marks_.front().newest < id) marks_.pop_front();
    return marks_.empty() ? OperationId{} : marks_.front().floor;
  }
  void clear() {
    open_.clear();
    marks_.clear();
  }

 private:
  struct Mark {
    OperationId newest, floor;
  };
  std::set<OperationId> open_;  // bounded by the instance's operations, as are the marks
  std::deque<Mark> marks_;
  OperationId last_begun_;
};

}  // namespace theater::hosts::database
