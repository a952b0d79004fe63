// SqliteConnection's writes: several jobs in one commit, each in a savepoint of its own, with the
// ledger that makes each happen exactly once.
#include <algorithm>
#include <utility>

#include "base/probe.h"
#include "hosts/database/limits.h"
#include "hosts/database/sqlite_connection.h"
#include "hosts/database/sqlite_current.h"
#include "hosts/database/sqlite_guard.h"

namespace theater::hosts::database {

namespace {

host::GuestError aborted() {
  return {host::GuestCode::kCancelled, "", "it was cancelled before it began", std::nullopt};
}

}  // namespace

/// A query that goes on keeps the file's write-ahead log from beginning anew. Once that is too
/// long, nothing is written until it does.
host::Outcome SqliteConnection::bound_log() {
  const std::uint64_t bytes_max = std::max(options_.file_max, kLogBytesMin);
  if (log_pages_ * kPageBytes <= bytes_max) return {};
  is_impatient_ = true;
  const int result = sqlite3_wal_checkpoint_v2(database_.get(), "main", SQLITE_CHECKPOINT_RESTART,
                                               nullptr, nullptr);
  is_impatient_ = false;
  if (result != SQLITE_OK && (result & 0xff) != SQLITE_BUSY) return fail(result);
  if (result == SQLITE_OK) {
    log_pages_ = 0;
    return {};
  }
  return std::unexpected(host::GuestError{
      host::GuestCode::kFull, "",
      fmt::format("the file's log has over {} bytes; a query keeps it from beginning anew",
                  bytes_max),
      1000});
}

/// Begins a transaction, does what is open in it, commits. What SQLite undid as a whole (an
/// interrupt, a full disk) is done again in the next round, without the job that met it.
void SqliteConnection::write_round(std::vector<Task>& tasks) {
  host::Outcome done;
  {
    const auto first = std::ranges::find_if(tasks, [](const Task& task) { return !task.result; });
    const Current current(*this, first->job);
    if (first->job.is_aborted) {
      first->result = std::unexpected(aborted());
      return;
    }
    done = bound_log();
    if (done) done = command("BEGIN IMMEDIATE");
    if (!done) {
      first->result = std::unexpected(done.error());
      return;
    }
  }
  for (Task& task : tasks) {
    if (task.result || write_task(task)) continue;
    for (Task& undone : tasks) undone.outcome.reset();
    return;
  }
  done = command("COMMIT");
  if (!done && sqlite3_get_autocommit(database_.get()) == 0) command("ROLLBACK");
  for (Task& task : tasks) {
    if (!task.outcome) continue;
    task.result = done ? std::exchange(task.outcome, {}) : JobResult(std::unexpected(done.error()));
    task.outcome.reset();
  }
}

/// False: SQLite rolled the whole transaction back; the outcomes of the round are void.
bool SqliteConnection::write_task(Task& task) {
  const Current current(*this, task.job);
  if (task.job.is_aborted) {
    task.result = std::unexpected(aborted());
    return true;
  }
  JobResult result = std::unexpected(aborted());
  host::Outcome done = command("SAVEPOINT job");
  if (done) result = do_job(task.job);
  if (result && has_open_references()) {
    result = host::refuse(host::GuestCode::kConflict, "a deferred FOREIGN KEY constraint failed");
    result.error().detail = "SQLITE_CONSTRAINT_FOREIGNKEY";
  }
  if (!done) result = std::unexpected(done.error());
  if (result && task.job.is_aborted) result = std::unexpected(aborted());
  if (sqlite3_get_autocommit(database_.get()) == 0) {
    if (!result) done = command("ROLLBACK TO job");
    if (done) done = command("RELEASE job");
    if (!done) command("ROLLBACK");
  }
  if (sqlite3_get_autocommit(database_.get()) != 0) {
    PROBE("database: a job undid the transaction it shared");
    if (result) result = std::unexpected(done ? aborted() : done.error());
  }
  if (sqlite3_get_autocommit(database_.get()) != 0) {
    task.result = std::move(result);
    return false;
  }
  (result ? task.outcome : task.result) = std::move(result);
  return true;
}

/// Whether the commit would fail, for all jobs that share it, for constraints that wait for it.
bool SqliteConnection::has_open_references() const {
  int now = 0, most = 0;
  sqlite3_db_status(database_.get(), SQLITE_DBSTATUS_DEFERRED_FKS, &now, &most, 0);
  return now != 0;
}

JobResult SqliteConnection::do_job(const Job& job) {
  if (job.ledger && job.ledger->doubt == LedgerKey::Doubt::kMayBeDone) {
    auto known = look_up(*job.ledger);
    if (!known) return std::unexpected(std::move(known.error()));
    if (*known) {
      PROBE("database: the ledger knows the outcome");
      return **std::move(known);
    }
  }
  std::vector<Bytes> outcome;
  std::size_t bytes = 0;
  for (const Statement& statement : job.statements) {
    auto rows = do_statement(job, statement, bytes);
    if (!rows) return std::unexpected(std::move(rows.error()));
    bytes += rows->size();
    outcome.push_back(*std::move(rows));
  }
  if (job.ledger) {
    if (auto noted = note(*job.ledger, outcome); !noted) {
      return std::unexpected(std::move(noted.error()));
    }
  }
  return outcome;
}

std::expected<std::optional<std::vector<Bytes>>, host::GuestError> SqliteConnection::look_up(
    const LedgerKey& key) {
  const std::string sql =
      fmt::format("SELECT outcome FROM main.{} WHERE actor = $1 AND operation = $2", kLedgerTable);
  const Trusted trusted(*this);
  auto statement = prepare(sql);
  if (!statement) return std::unexpected(std::move(statement.error()));
  sqlite3_stmt* const it = statement->get();
  sqlite3_bind_blob(it, 1, key.actor.bytes.data(), static_cast<int>(ActorId::size()),
                    SQLITE_STATIC);
  sqlite3_bind_int64(it, 2, static_cast<std::int64_t>(key.operation.value));
  const int result = sqlite3_step(it);
  if (result == SQLITE_DONE) {
    keep(sql, *std::move(statement));
    return std::nullopt;
  }
  if (result != SQLITE_ROW) return std::unexpected(fail(result).error());
  const auto* const blob = static_cast<const std::uint8_t*>(sqlite3_column_blob(it, 0));
  const ByteSpan bytes{blob, static_cast<std::size_t>(sqlite3_column_bytes(it, 0))};
  auto outcome = wasm::from_binary<std::vector<Bytes>>(bytes);
  if (!outcome) return host::refuse(host::GuestCode::kIo, "the ledger is damaged");
  keep(sql, *std::move(statement));
  return *std::move(outcome);
}

/// Leaves the outcome in the job's transaction, and drops entries nobody will ask for.
host::Outcome SqliteConnection::note(const LedgerKey& key, const std::vector<Bytes>& outcome) {
  const Trusted trusted(*this);
  const auto run = [&](const std::string& sql, std::uint64_t operation,
                       const Bytes* bytes) -> host::Outcome {
    auto statement = prepare(sql);
    if (!statement) return std::unexpected(std::move(statement.error()));
    sqlite3_stmt* const it = statement->get();
    sqlite3_bind_blob(it, 1, key.actor.bytes.data(), static_cast<int>(ActorId::size()),
                      SQLITE_STATIC);
    sqlite3_bind_int64(it, 2, static_cast<std::int64_t>(operation));
    if (bytes != nullptr) sqlite3_bind_blob64(it, 3, bytes->data(), bytes->size(), SQLITE_STATIC);
    const int result = sqlite3_step(it);
    if (result != SQLITE_DONE) return fail(result);
    keep(sql, *std::move(statement));
    return {};
  };
  const Bytes bytes = wasm::to_binary(outcome);
  const std::string insert = fmt::format("INSERT INTO main.{} VALUES ($1, $2, $3)", kLedgerTable);
  if (auto done = run(insert, key.operation.value, &bytes); !done) return done;
  if (key.floor <= trimmed_) return {};
  const std::string trim =
      fmt::format("DELETE FROM main.{} WHERE actor = $1 AND operation < $2", kLedgerTable);
  if (auto done = run(trim, key.floor.value, nullptr); !done) return done;
  trimmed_ = key.floor;  // if it is undone, the next trim takes those too
  return {};
}

}  // namespace theater::hosts::database
