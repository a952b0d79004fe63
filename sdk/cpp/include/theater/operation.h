// Operations: work that a family does for the actor, longer than a call. A start function of the
// family answers with an id; parts and one last event come through that family's handler, progress
// through ProgressHandler, of operations that are watched.
#pragma once

#include <chrono>

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
  /// Lets ProgressHandler be told how far it is: when that has changed, not more often than this
  /// (10 ms to an hour), never after its last event. 0: no more.
  actor::types::Outcome watch(std::chrono::milliseconds every) const {
    return actor::operation::watch(id_, static_cast<std::uint32_t>(every.count()));
  }
  /// Reads from a result that the host keeps for a minute.
  actor::types::Data collect(std::uint64_t offset, std::uint32_t bytes_max) const {
    return actor::operation::collect(id_, offset, bytes_max);
  }

 private:
  std::uint64_t id_;
};

/// Every operation whose last event was not handled yet, oldest first.
inline wit::List<std::uint64_t> pending_operations() { return actor::operation::pending(); }

/// How far an operation is: `done` bytes of `total`, where its family knows that.
using Progress = actor::operation_types::Payload;

/// Told of operations that are watched.
class ProgressHandler : public virtual ActorCore, public actor::operation_handler::Guest {
 public:
  StateResult handle_events(BytesView state,
                            wit::List<actor::operation_types::Event> events) final {
    return invoke(state, events,
                  [this](const auto& event) { on_progress(event.id, event.payload); });
  }

 protected:
  virtual void on_progress(std::uint64_t operation, const Progress& progress) = 0;
};

}  // namespace theater
