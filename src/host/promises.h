// Promises: room in an event queue that is kept for what must be told of one connection; and what
// an event is about and whose it is, in one number.
#pragma once

#include <cstdint>
#include <utility>

#include "base/check.h"
#include "host/event_queue.h"

namespace theater::host {

/// An event's source, as the queue knows it. `About` is an enum of its family.
template <typename About>
struct Source {
  About about;
  std::uint64_t id;

  std::uint64_t number() const { return static_cast<std::uint64_t>(about) << kShift | id; }
  static Source of(std::uint64_t number) {
    return {static_cast<About>(number >> kShift), number & ((std::uint64_t{1} << kShift) - 1)};
  }

 private:
  static constexpr unsigned kShift = 56;  // ids are below 2^53
};

/// The events that may still be queued for one connection without asking.
class Promises {
 public:
  /// The queue has reserved so many for it; there were none.
  void hold(std::uint32_t reserved) { left_ = reserved; }
  /// Asks for more until there are so many; false: the queue promises no more now.
  bool fill(EventQueue& queue, std::uint32_t wanted) {
    while (left_ < wanted && queue.reserve(1)) ++left_;
    return left_ >= wanted;
  }
  /// Uses one up.
  void put(EventQueue& queue, std::uint64_t source, ByteSpan event) {
    CHECK(left_ > 0, "BOUND-1");
    --left_;
    queue.put_reserved(source, event);
  }
  /// No more is to be told.
  void give_back(EventQueue& queue) { queue.unreserve(std::exchange(left_, 0)); }

 private:
  std::uint32_t left_ = 0;
};

}  // namespace theater::host
