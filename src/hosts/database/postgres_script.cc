// PostgresScript: which command follows which.
#include "hosts/database/postgres_script.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/probe.h"
#include "hosts/database/sql_word.h"

namespace theater::hosts::database {

namespace {

std::string begin_of(const Job& job) {
  if (job.access == Access::kRead) return "BEGIN READ ONLY";
  switch (job.isolation) {
    case Isolation::kReadCommitted:
      return "BEGIN ISOLATION LEVEL READ COMMITTED";
    case Isolation::kRepeatableRead:
      return "BEGIN ISOLATION LEVEL REPEATABLE READ";
    case Isolation::kSerializable:
      return "BEGIN ISOLATION LEVEL SERIALIZABLE";
  }
  return "BEGIN";
}

constexpr const char* kUniqueViolation = "23505";

/// Fills in the claim, or fails if somebody else wrote the entry.
std::string note_of(LedgerKey::Doubt doubt) {
  const std::string note = "INSERT INTO theater_ledger VALUES ($1, $2, $3)";
  if (doubt == LedgerKey::Doubt::kNone) return note;
  return note +
         " ON CONFLICT (actor, operation) DO UPDATE SET outcome = excluded.outcome "
         "WHERE theater_ledger.outcome = ''";
}

host::GuestError done_already() {
  return {host::GuestCode::kConflict, "", "the operation was done already", 10};
}

/// One statement is a transaction anyway; but it is committed before its answer is seen, which may
/// be refused.
bool needs_transaction(const Job& job) {
  return job.access == Access::kRead || job.statements.size() > 1 || job.ledger.has_value() ||
         job.statements.front().expect_changed.has_value() ||
         may_return_rows(job.statements.front().sql);
}

}  // namespace

PostgresScript::PostgresScript(const Job& job) : job_(job) {
  if (needs_transaction(job)) add(Kind::kBegin, begin_of(job));
  if (job.ledger && job.ledger->doubt == LedgerKey::Doubt::kMayBeDone) {
    add(Kind::kClaim, "INSERT INTO theater_ledger VALUES ($1, $2, '') ON CONFLICT DO NOTHING",
        key());
    return;  // what follows depends on it
  }
  add_statements();
}

void PostgresScript::add(Kind kind, std::string sql, std::vector<Value> params) {
  commands_.push_back({kind, std::move(sql), std::move(params)});
}

/// Whether what follows the command depends on its answer. A lone write is done when it is done,
/// and nothing is lost with a read.
bool PostgresScript::decides(const PostgresCommand& command) const {
  switch (command.kind) {
    case Kind::kClaim:
    case Kind::kRecall:
      return true;
    case Kind::kStatement:
      return job_.statements.size() > 1 ||
             (job_.access == Access::kWrite && needs_transaction(job_));
    case Kind::kNote:
      return job_.ledger->doubt == LedgerKey::Doubt::kMayBeDone;
    default:
      return false;
  }
}

std::span<const PostgresCommand> PostgresScript::run() const {
  std::size_t end = at_;
  while (end < commands_.size() && !decides(commands_[end])) ++end;
  end = std::min(end + 1, commands_.size());
  return std::span(commands_).subspan(at_, end - at_);
}

std::vector<Value> PostgresScript::key() const {
  const ByteSpan actor = job_.ledger->actor.span();
  return {Value::make<Value::kBlob>(to_bytes(actor)),
          Value::make<Value::kInteger>(static_cast<std::int64_t>(job_.ledger->operation.value))};
}

void PostgresScript::add_statements() {
  for (const Statement& statement : job_.statements) {
    add(Kind::kStatement, statement.sql, statement.params);
  }
  if (!job_.ledger) add_end();
}

/// The outcome is known once the last statement is done.
void PostgresScript::add_ledger_end() {
  std::vector<Value> params = key();
  params.push_back(Value::make<Value::kBlob>(wasm::to_binary(answers_)));
  add(Kind::kNote, note_of(job_.ledger->doubt), std::move(params));
  if (job_.ledger->floor > OperationId{}) {
    std::vector<Value> below = key();
    below.back() =
        Value::make<Value::kInteger>(static_cast<std::int64_t>(job_.ledger->floor.value));
    add(Kind::kTrim, "DELETE FROM theater_ledger WHERE actor = $1 AND operation < $2",
        std::move(below));
  }
  add_end();
}

void PostgresScript::add_end() {
  if (needs_transaction(job_)) add(Kind::kCommit, "COMMIT");
  add(Kind::kClean, "DISCARD ALL");
}

void PostgresScript::succeeded(PostgresOutcome outcome) {
  const Kind kind = commands_.at(at_).kind;
  ++at_;
  switch (kind) {
    case Kind::kBegin:
      in_transaction_ = true;
      return;
    case Kind::kClaim:
      if (outcome.changed > 0) return add_statements();
      return add(Kind::kRecall,
                 "SELECT outcome FROM theater_ledger WHERE actor = $1 AND operation = $2", key());
    case Kind::kRecall:
      return on_recall(std::move(outcome));
    case Kind::kStatement:
      return on_statement(std::move(outcome));
    case Kind::kNote:
      if (outcome.changed == 1) return;
      --at_;  // another attempt at the same operation has ended meanwhile
      return failed(done_already());
    case Kind::kCommit:
      in_transaction_ = false;
      if (!std::exchange(has_ended_, true)) result_ = std::move(answers_);
      return;
    case Kind::kRollback:
      in_transaction_ = false;
      return;
    case Kind::kTrim:
    case Kind::kClean:
      return;
  }
}

void PostgresScript::on_recall(PostgresOutcome outcome) {
  auto known = wasm::from_binary<std::vector<Bytes>>(outcome.rows);
  if (!known) {
    --at_;
    return failed({host::GuestCode::kIo, "", "the ledger is damaged", std::nullopt});
  }
  PROBE("database: a server's ledger knows the outcome");
  answers_ = *std::move(known);
  add_end();
}

void PostgresScript::on_statement(PostgresOutcome outcome) {
  const Statement& done = job_.statements[statement_];
  if (done.expect_changed && *done.expect_changed != outcome.changed) {
    --at_;
    host::GuestError why{host::GuestCode::kConflict, "", "", std::nullopt};
    why.message =
        fmt::format("{} rows were changed, not {}", outcome.changed, *done.expect_changed);
    return failed(why);
  }
  bytes_ += outcome.rows.size();
  answers_.push_back(std::move(outcome.rows));
  ++statement_;
  if (statement_ < job_.statements.size()) return;
  if (job_.ledger) return add_ledger_end();
  if (needs_transaction(job_)) return;
  has_ended_ = true;
  result_ = std::move(answers_);
}

void PostgresScript::failed(const host::GuestError& why) {
  const bool is_noted =
      command() != nullptr && command()->kind == Kind::kNote && why.detail == kUniqueViolation;
  if (!std::exchange(has_ended_, true)) result_ = std::unexpected(is_noted ? done_already() : why);
  commands_.clear();
  at_ = 0;
  if (in_transaction_) add(Kind::kRollback, "ROLLBACK");
  add(Kind::kClean, "DISCARD ALL");
}

bool PostgresScript::leaves_nothing() const {
  if (job_.access == Access::kRead) return true;
  const bool was_tried = job_.ledger && job_.ledger->doubt == LedgerKey::Doubt::kMayBeDone;
  const PostgresCommand* const now = command();
  if (was_tried || now == nullptr || !needs_transaction(job_)) return false;
  return now->kind == Kind::kBegin || now->kind == Kind::kStatement;
}

std::optional<JobResult> PostgresScript::take_result() {
  return std::exchange(result_, std::nullopt);
}

}  // namespace theater::hosts::database
