// Notices: what somebody publishes and the actor has not taken yet, bounded; the oldest go first.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace theater::host {

/// A value type; no clock, no I/O.
class Notices {
 public:
  struct Limits {
    std::uint64_t items_max = 0, bytes_max = 0;
  };
  explicit Notices(Limits limits) : limits_(limits) {}

  /// Drops the oldest to make room (this one, if it is longer than all the room).
  void put(std::string_view what) {
    items_.emplace_back(what);
    bytes_ += what.size();
    for (; items_.size() > limits_.items_max || bytes_ > limits_.bytes_max; ++gap_) pop();
  }
  /// What was notified before is not known.
  void lose_track() { is_lost_ = true; }

  /// What to deliver next: how many are missing before it, or the oldest notification.
  struct Next {
    std::optional<std::uint64_t> gap;
    std::string_view what;
  };
  std::optional<Next> next() const {
    if (is_lost_) return Next{0, {}};
    if (gap_ > 0) return Next{gap_, {}};
    if (items_.empty()) return std::nullopt;
    return Next{std::nullopt, items_.front()};
  }
  /// It was delivered.
  void taken() {
    if (is_lost_) {
      is_lost_ = false;
    } else if (gap_ > 0) {
      gap_ = 0;
    } else {
      pop();
    }
  }
  std::uint64_t bytes() const { return bytes_; }
  /// Dropped since the last gap was delivered.
  std::uint64_t gap() const { return gap_; }

 private:
  void pop() {
    bytes_ -= items_.front().size();
    items_.pop_front();
  }
  Limits limits_;
  std::deque<std::string> items_;
  std::uint64_t bytes_ = 0, gap_ = 0;
  bool is_lost_ = false;
};

}  // namespace theater::host
