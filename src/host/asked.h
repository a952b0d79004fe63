// Asked: what a guest has called and is not performed yet, so that room is kept for it (BOUND-1).
#pragma once

#include <cstddef>

#include "base/check.h"
#include "base/fifo.h"

namespace theater::host {

/// One kind of call of one instance, which owns it, on its shard; `Ask` has `bytes`, which the
/// effect will take. First those of committed invocations, then those of the current one; performed
/// in this order.
template <typename Ask>
class Asked {
 public:
  void ask(const Ask& ask) {
    bytes_ += ask.bytes;
    asks_.push_back(ask);
  }
  /// The invocation's calls stand.
  void keep() { committed_ = asks_.size(); }
  /// They never happened.
  void roll_back() {
    for (; asks_.size() > committed_; asks_.pop_back()) bytes_ -= asks_.back().bytes;
  }
  /// The one whose effect is performed now.
  Ask take() {
    CHECK(committed_ > 0, "CHAIN-2");
    const Ask ask = asks_.front();
    asks_.pop_front();
    bytes_ -= ask.bytes;
    --committed_;
    return ask;
  }
  std::size_t size() const { return asks_.size(); }
  std::size_t bytes() const { return bytes_; }
  void release_memory() { asks_.release_memory(); }

 private:
  Fifo<Ask> asks_;
  std::size_t bytes_ = 0;
  std::size_t committed_ = 0;  // of asks_
};

}  // namespace theater::host
