// EventBatch: the events one invocation is about to handle, side by side in one buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace theater::actor {

struct BatchLimits {
  std::size_t items_max = 256;
  std::size_t bytes_max = 1u << 20;
};

/// Each event is the canonical binary form of its family's record event { id, payload }. Reused
/// from batch to batch, so that steady work allocates nothing.
class EventBatch {
 public:
  explicit EventBatch(BatchLimits limits) : limits_(limits) {}

  /// Whether an event of `bytes` still fits. The first one always does, whatever its size.
  bool accepts(std::size_t bytes) const {
    return ends_.empty() ||
           (ends_.size() < limits_.items_max && buffer_.size() + bytes <= limits_.bytes_max);
  }
  /// Copies `event` in. The caller asked accepts() before.
  void add(ByteSpan event) {
    append(buffer_, event);
    ends_.push_back(buffer_.size());
  }
  /// Ends the event whose bytes were appended to buffer() in place.
  Bytes& buffer() { return buffer_; }
  void end_event() { ends_.push_back(buffer_.size()); }

  std::size_t size() const { return ends_.size(); }
  bool empty() const { return ends_.empty(); }
  std::size_t bytes() const { return buffer_.size(); }
  /// Valid until the next change.
  ByteSpan operator[](std::size_t index) const {
    const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
    return ByteSpan(buffer_).subspan(begin, ends_[index] - begin);
  }
  /// All events, one after another.
  ByteSpan all() const { return buffer_; }
  const BatchLimits& limits() const { return limits_; }
  void set_limits(BatchLimits limits) { limits_ = limits; }
  void clear() {
    buffer_.clear();
    ends_.clear();
  }

 private:
  BatchLimits limits_;
  Bytes buffer_;
  std::vector<std::size_t> ends_;
};

}  // namespace theater::actor
