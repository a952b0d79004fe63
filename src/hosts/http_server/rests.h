// Rests: connections whose request was turned away are not read for a while.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <utility>

#include "host/family.h"
#include "hosts/http_server/limits.h"

namespace theater::hosts::http_server {

/// Part of an instance, on its shard. To refuse costs a good part of what a small answer costs, so
/// a client that asks again at once is heard later: its next request waits in the kernel, and what
/// is asked beyond what can be done slows down those who ask. One timer, while somebody rests.
class Rests {
 public:
  /// `over` ends one's rest, and may begin another.
  Rests(const host::Services& services, std::function<void(std::uint64_t number)> over)
      : services_(services), over_(std::move(over)) {}
  ~Rests() { clear(); }
  Rests(const Rests&) = delete;
  Rests& operator=(const Rests&) = delete;

  /// For kRestTime, and a little more where many end. False: kRestsMax rest already.
  bool begin(std::uint64_t number) {
    if (resting_.size() >= kRestsMax) return false;
    resting_.push_back({services_.clock.now() + kRestTime, number});
    arm();
    return true;
  }
  /// Nobody is told.
  void clear() {
    if (timer_) services_.executor.cancel(*std::exchange(timer_, std::nullopt));
    resting_.clear();
  }
  bool is_empty() const { return resting_.empty(); }

 private:
  struct Rest {
    MonotonicTime until;
    std::uint64_t number;
  };
  void arm() {
    if (timer_ || resting_.empty()) return;
    const Nanoseconds left = resting_.front().until - services_.clock.now();
    timer_ = services_.executor.after(std::max(left, kRestGrain), [this] {
      timer_.reset();
      end_some();
    });
  }
  void end_some() {
    const MonotonicTime now = services_.clock.now();
    for (std::size_t ended = 0; ended < kRestsEndedMax; ++ended) {
      if (resting_.empty() || resting_.front().until > now) break;
      const std::uint64_t number = resting_.front().number;
      resting_.pop_front();
      over_(number);
    }
    arm();
  }

  const host::Services services_;
  const std::function<void(std::uint64_t)> over_;
  std::deque<Rest> resting_;  // in the order in which they end
  std::optional<io::TimerId> timer_;
};

}  // namespace theater::hosts::http_server
