// Patrol: now and then a look at each of many connections, some in each task: a look may write to a
// socket, which takes microseconds of a system call that add up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "host/deferred.h"
#include "host/family.h"
#include "host/turn.h"

namespace theater::host {

inline constexpr std::size_t kLooksMax = 128;  // in one task

/// Part of an instance, on its shard.
class Patrol {
 public:
  struct Rules {
    std::function<void(std::uint64_t id)> look;  // at one, which may have gone meanwhile
    std::function<void()> over;                  // all were looked at
  };
  /// The services' clock and executor outlive it.
  Patrol(const Services& services, Rules rules)
      : clock_(services.clock), rules_(std::move(rules)), deferred_(services.executor, *this) {}

  /// Looks at the last of `ids` now and at the others in tasks; then, or now if there is none, it
  /// is over. One that is still under way ends without being over.
  void begin(std::vector<std::uint64_t> ids) {
    ids_ = std::move(ids);
    is_under_way_ = true;
    go_on();
  }
  /// Ends it without being over; also from a look.
  void cancel() {
    ids_.clear();
    is_under_way_ = false;
  }

 private:
  void go_on() {
    Turn turn(clock_, kLooksMax);
    while (!ids_.empty() && turn.take()) {
      const std::uint64_t id = ids_.back();
      ids_.pop_back();
      rules_.look(id);
    }
    if (!ids_.empty()) return deferred_.request(&Patrol::go_on);
    if (std::exchange(is_under_way_, false)) rules_.over();
  }

  const io::Clock& clock_;
  const Rules rules_;
  std::vector<std::uint64_t> ids_;  // not looked at yet
  bool is_under_way_ = false;
  Deferred<Patrol> deferred_;
};

}  // namespace theater::host
