// Operations: work that outlives the call that started it. Each has exactly one last event.
//
//   prepared --commit--> queued --a slot--> running --its end--> ended --delivered--> released
//
// Pure: no clock, no I/O. The family's edge does what the answers say.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "host/state_machine.h"

namespace theater::host {

enum class OperationState : std::uint8_t {
  kPrepared,  // its invocation is under way
  kQueued,    // committed; waits for durability or a slot
  kRunning,   // the edge is at work
  kEnded,     // its last event waits for the guest
  kReleased,  // the guest has it; the id is not known any more
  kCount
};

enum class OperationInput : std::uint8_t {
  kCommit,
  kDiscard,  // of the invocation that prepared it
  kBegin,    // performed, and a slot is free
  kFinish,   // the edge is done, well or badly
  kCancel,   // the guest asks for the end
  kDeadline,
  kInterrupt,  // restart: nobody knows how it ended
  kAgain,      // restart: it may be done again (re-attach, re-issue)
  kDeliver,    // the invocation that took its last event committed
  kCount
};

enum class OperationAction : std::uint8_t {
  kPerform,  // start the work
  kAbort,    // tell the edge to stop; its completion will find the operation gone
  kEnd,      // queue the last event
  kForget,
};

/// What to do about work that was under way when the node stopped.
enum class CrashRule : std::uint8_t { kReattach, kReissue, kLookup, kInterrupt };

/// How an operation ended; the guest's phases.
enum class OperationEnd : std::uint8_t { kDone, kFailed, kCancelled, kInterrupted, kDeadline };

namespace operation_detail {
using M = Notation<OperationState, OperationInput, OperationAction>;
using S = OperationState;
using I = OperationInput;
using A = OperationAction;
}  // namespace operation_detail

inline constexpr auto kOperationTable = [] consteval {
  using namespace operation_detail;  // NOLINT: the table's own words
  return M::table({
      M::move(S::kPrepared, I::kCommit, S::kQueued),
      M::move(S::kPrepared, I::kDiscard, S::kReleased, {A::kForget}),
      M::ignore(S::kPrepared, I::kBegin),
      M::ignore(S::kPrepared, I::kFinish),
      M::move(S::kPrepared, I::kCancel, S::kEnded, {A::kEnd}),  // starts never
      M::ignore(S::kPrepared, I::kDeadline),
      M::move(S::kPrepared, I::kInterrupt, S::kReleased, {A::kForget}),
      M::move(S::kPrepared, I::kAgain, S::kReleased, {A::kForget}),
      M::ignore(S::kPrepared, I::kDeliver),

      M::ignore(S::kQueued, I::kCommit),
      M::ignore(S::kQueued, I::kDiscard),
      M::move(S::kQueued, I::kBegin, S::kRunning, {A::kPerform}),
      M::ignore(S::kQueued, I::kFinish),
      M::move(S::kQueued, I::kCancel, S::kEnded, {A::kEnd}),
      M::move(S::kQueued, I::kDeadline, S::kEnded, {A::kEnd}),
      M::move(S::kQueued, I::kInterrupt, S::kEnded, {A::kEnd}),
      M::ignore(S::kQueued, I::kAgain),
      M::ignore(S::kQueued, I::kDeliver),

      M::ignore(S::kRunning, I::kCommit),
      M::ignore(S::kRunning, I::kDiscard),
      M::ignore(S::kRunning, I::kBegin),
      M::move(S::kRunning, I::kFinish, S::kEnded, {A::kEnd}),
      M::move(S::kRunning, I::kCancel, S::kEnded, {A::kAbort, A::kEnd}),
      M::move(S::kRunning, I::kDeadline, S::kEnded, {A::kAbort, A::kEnd}),
      M::move(S::kRunning, I::kInterrupt, S::kEnded, {A::kEnd}),
      M::move(S::kRunning, I::kAgain, S::kQueued),
      M::ignore(S::kRunning, I::kDeliver),

      M::ignore(S::kEnded, I::kCommit),
      M::ignore(S::kEnded, I::kDiscard),
      M::ignore(S::kEnded, I::kBegin),
      M::ignore(S::kEnded, I::kFinish),  // the first end won
      M::ignore(S::kEnded, I::kCancel),
      M::ignore(S::kEnded, I::kDeadline),
      M::ignore(S::kEnded, I::kInterrupt),
      M::ignore(S::kEnded, I::kAgain),
      M::move(S::kEnded, I::kDeliver, S::kReleased, {A::kForget}),

      M::ignore(S::kReleased, I::kCommit),
      M::ignore(S::kReleased, I::kDiscard),
      M::ignore(S::kReleased, I::kBegin),
      M::ignore(S::kReleased, I::kFinish),
      M::ignore(S::kReleased, I::kCancel),
      M::ignore(S::kReleased, I::kDeadline),
      M::ignore(S::kReleased, I::kInterrupt),
      M::ignore(S::kReleased, I::kAgain),
      M::ignore(S::kReleased, I::kDeliver),
  });
}();

/// What the edge of a family does for its operations.
class OperationUser {
 public:
  virtual void perform(OperationId id) = 0;
  virtual void abort(OperationId id) = 0;
  /// Queue the last event; its room was promised when the operation was prepared.
  virtual void end(OperationId id, OperationEnd how) = 0;

 protected:
  ~OperationUser() = default;
};

/// So many end in one task because they are overdue.
inline constexpr std::size_t kExpiresMax = 64;

/// One instance's operations, on its shard. No call takes longer the more there are, but for those
/// that concern all.
class Operations {
 public:
  struct Limits {
    std::size_t running_max = 64;
    std::size_t waiting_max = 256;  // prepared and queued
  };
  Operations(Limits limits, OperationUser& user) : limits_(limits), user_(user) {}

  /// A start call; false: waiting_max is reached. `deadline` counts from when it becomes real.
  bool prepare(OperationId id, std::optional<MonotonicTime> deadline);
  /// The invocation that prepared operations ended.
  enum class Settled : std::uint8_t { kCommitted, kDiscarded };
  void settle(Settled settled);
  /// The gate performs the start of `id`; it runs now, or when a slot is free.
  void start(OperationId id);
  /// The edge is done. False: it ended before (a late completion; counted).
  bool finish(OperationId id, OperationEnd how);
  /// False: there is no such operation, or it has ended.
  bool cancel(OperationId id);
  /// Ends what is overdue, up to kExpiresMax, first what is overdue longest; returns
  /// next_deadline().
  std::optional<MonotonicTime> expire(MonotonicTime now);
  /// When to look again: the next deadline of what is committed and has not ended.
  std::optional<MonotonicTime> next_deadline() const;
  /// Restart: `id` was started and its end is not recorded.
  void restore(OperationId id, std::optional<MonotonicTime> deadline, CrashRule rule);
  /// Its last event was handled.
  void delivered(OperationId id);
  /// Ends all without a word: the actor stops.
  void abort_all();

  /// Nothing: unknown or released.
  std::optional<OperationState> state(OperationId id) const;
  std::vector<OperationId> pending() const;
  std::size_t running() const { return running_; }
  std::size_t size() const { return operations_.size(); }
  std::uint64_t late() const { return late_; }

 private:
  struct Operation {
    Machine<kOperationTable> machine{OperationState::kPrepared};
    std::optional<MonotonicTime> deadline;
    OperationEnd how = OperationEnd::kDone;
    bool is_started = false;  // the gate has let it through
  };
  using Map = std::map<OperationId, Operation>;
  bool apply(Map::iterator place, OperationInput input);
  void moved(OperationId id, const Operation& operation, OperationState before);
  void fill_slots();

  const Limits limits_;
  OperationUser& user_;
  Map operations_;
  std::vector<OperationId> prepared_;                    // by the invocation under way
  std::deque<OperationId> waiting_;                      // started, without a slot
  std::set<std::pair<MonotonicTime, OperationId>> due_;  // queued and running ones' deadlines
  std::size_t running_ = 0;
  std::size_t unbegun_ = 0;  // prepared and queued ones
  std::uint64_t late_ = 0;
};

}  // namespace theater::host
