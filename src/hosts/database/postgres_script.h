// PostgresScript: the commands that do one job, one after another. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hosts/database/job.h"

namespace theater::hosts::database {

/// One command for the server.
struct PostgresCommand {
  enum class Kind : std::uint8_t {
    kBegin,
    kClaim,      // the job may be done already: whoever writes its entry first does it
    kRecall,     // it was done: what came of it
    kStatement,  // the guest's
    kNote,       // its outcome, for a later look
    kTrim,       // entries nobody will ask for
    kCommit,
    kRollback,
    kClean,  // nothing of the session is left for the next job
  };
  Kind kind = Kind::kClean;
  std::string sql;
  std::vector<Value> params;

  /// The session must be outside of every transaction: what came before has to be at its end.
  bool stands_alone() const { return kind == Kind::kClean; }
};

/// What a command came to.
struct PostgresOutcome {
  std::uint64_t changed = 0;
  Bytes rows;  // kStatement: canonical; kRecall: the entry
};

/// From the first command to kClean; then there is none. The job outlives it.
class PostgresScript {
 public:
  explicit PostgresScript(const Job& job);

  /// The command to send now; nothing: the session is clean.
  const PostgresCommand* command() const {
    return at_ < commands_.size() ? &commands_[at_] : nullptr;
  }
  /// The commands to send together, the first of them command(): those behind it are done only if
  /// it succeeds, and nothing of its answer could change them.
  std::span<const PostgresCommand> run() const;
  void succeeded(PostgresOutcome outcome);
  /// The job fails with it, unless it has ended.
  void failed(const host::GuestError& why);
  /// The job's result, once, as soon as it is certain.
  std::optional<JobResult> take_result();
  bool has_ended() const { return has_ended_; }
  /// Whether the job leaves nothing if the session breaks now: it only reads, or the end of its
  /// transaction has not been asked for.
  bool leaves_nothing() const;
  /// Of the answers so far.
  std::size_t bytes() const { return bytes_; }

 private:
  using Kind = PostgresCommand::Kind;
  void add(Kind kind, std::string sql, std::vector<Value> params = {});
  void add_statements();
  void add_ledger_end();
  void add_end();
  bool decides(const PostgresCommand& command) const;
  void on_statement(PostgresOutcome outcome);
  void on_recall(PostgresOutcome outcome);
  std::vector<Value> key() const;

  const Job& job_;
  std::vector<PostgresCommand> commands_;
  std::size_t at_ = 0;
  std::size_t statement_ = 0;
  std::vector<Bytes> answers_;
  std::size_t bytes_ = 0;
  bool in_transaction_ = false;
  bool has_ended_ = false;
  std::optional<JobResult> result_;
};

/// Makes the table in which outcomes are noted.
inline constexpr const char* kPostgresLedger =
    "CREATE TABLE IF NOT EXISTS theater_ledger (actor bytea NOT NULL, operation bigint NOT NULL, "
    "outcome bytea NOT NULL, PRIMARY KEY (actor, operation))";

}  // namespace theater::hosts::database
