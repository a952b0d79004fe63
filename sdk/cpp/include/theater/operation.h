// Operations: work that a family does for the actor, longer than a call. A start function of the
// family answers with an id; progress and one last event come through that family's handler.
#pragma once

#include "theater/actor.h"

namespace theater {

/// Where an operation is, and the bytes it has moved so far.
struct OperationStatus {
  actor::operation::Phase phase;
  std::uint64_t bytes;
};

/// One operation, by the id that its start answered. Costs nothing; may be kept in the state.
class Operation {
 public:
  explicit Operation(std::uint64_t id) : id_(id) {}
  std::uint64_t id() const { return id_; }

  /// not-found once its last event was handled.
  wit::Result<OperationStatus, actor::types::Error> status() const {
    const auto found = actor::operation::status(id_);
    if (!found.ok()) return wit::Failure<actor::types::Error>{found.error()};
    const auto& [phase, bytes] = *found;
    return OperationStatus{phase, bytes};
  }
  /// Allows so many more bytes of parts.
  actor::types::Outcome more(std::uint32_t credit) const {
    return actor::operation::more(id_, credit);
  }
  /// Asks for the end. Its last event still comes, and may yet be success.
  actor::types::Outcome cancel() const { return actor::operation::cancel(id_); }
  /// Reads from a result that the host keeps for a minute.
  actor::types::Data collect(std::uint64_t offset, std::uint32_t bytes_max) const {
    return actor::operation::collect(id_, offset, bytes_max);
  }

 private:
  std::uint64_t id_;
};

/// Every operation whose last event was not handled yet, oldest first.
inline wit::List<std::uint64_t> pending_operations() { return actor::operation::pending(); }

}  // namespace theater
