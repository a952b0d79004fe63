// EventBatch: the events one invocation is about to handle, side by side in one buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "chain/commitment.h"

namespace theater::actor {

struct BatchLimits {
  std::size_t items_max = 256;
  std::size_t bytes_max = 1u << 20;
};

/// Where an event stands in the chain before it is delivered: the last event of an operation is
/// recorded when it arrives (kind op). Its recv repeats commitment and salt, and refers to it.
struct EventOrigin {
  OperationId operation;
  Salt salt;
  chain::Reference reference;
  Lsn lsn;  // of the frame that holds the bytes
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
  /// The same for an event that was recorded before.
  void add(ByteSpan event, const EventOrigin* origin) {
    if (origin != nullptr) origins_.push_back({ends_.size(), *origin});
    add(event);
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
  /// nullptr: it was not recorded before.
  const EventOrigin* origin(std::size_t index) const {
    for (const Origin& one : origins_) {
      if (one.index == index) return &one.origin;
    }
    return nullptr;
  }
  /// The operations whose last events are here.
  bool has_origins() const { return !origins_.empty(); }
  /// All events, one after another.
  ByteSpan all() const { return buffer_; }
  const BatchLimits& limits() const { return limits_; }
  void set_limits(BatchLimits limits) { limits_ = limits; }
  /// Keeps its memory, but not what an event took that is larger than a batch.
  void clear() {
    if (buffer_.size() > limits_.bytes_max) Bytes().swap(buffer_);
    buffer_.clear();
    ends_.clear();
    origins_.clear();
  }

 private:
  struct Origin {
    std::size_t index;
    EventOrigin origin;
  };
  BatchLimits limits_;
  Bytes buffer_;
  std::vector<std::size_t> ends_;
  std::vector<Origin> origins_;  // few, in the order of the events
};

}  // namespace theater::actor
