// Job: what one operation or wait asks of a database.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "hosts/database/payload.h"
#include "hosts/database/rows_writer.h"

namespace theater::hosts::database {

/// The id of an operation, or the ticket of a wait with kHostIdBit.
using JobId = StrongNumber<struct DatabaseJobTag>;

enum class Access : std::uint8_t { kRead, kWrite };

/// How a write is done exactly once: it leaves its outcome under this key, in its transaction.
struct LedgerKey {
  ActorId actor;
  OperationId operation;
  /// Entries of this actor below it are known to be recorded elsewhere and may go.
  OperationId floor;
  /// It may have been done before a crash: its outcome is looked up first.
  enum class Doubt : std::uint8_t { kNone, kMayBeDone } doubt = Doubt::kNone;
};

/// Shared between the shard and whatever thread works on it: constant but for the mark of its end.
struct Job {
  JobId id;
  Access access = Access::kRead;
  Isolation isolation = Isolation::kReadCommitted;
  std::vector<Statement> statements;  // one, unless it is a transaction
  std::uint32_t rows_per_part = 0;    // 0: all in the result
  AnswerLimits answer;
  Nanoseconds time_max{0};
  std::optional<LedgerKey> ledger;
  mutable std::atomic<bool> is_aborted = false;  // nobody waits for it any more
};
using JobPointer = std::shared_ptr<const Job>;  // a worker may outlive the actor's interest

/// One canonical `rows` a statement, or why there are none: what was written may have been all the
/// same if it was given up.
using JobResult = std::expected<std::vector<Bytes>, host::GuestError>;

}  // namespace theater::hosts::database
