// SqliteConnection: one connection to a SQLite file, and how jobs are done on it.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "hosts/database/job.h"
#include "hosts/database/sqlite_query.h"
#include "hosts/database/sqlite_values.h"

namespace theater::hosts::database {

struct SqliteOptions {
  std::string file;
  Access access = Access::kWrite;
  enum class Ledger : std::uint8_t { kNone, kKept } ledger = Ledger::kKept;
  enum class File : std::uint8_t { kReadOnly, kMayChange } mode = File::kMayChange;
  std::uint64_t file_max = 0;    // bytes
  std::uint64_t result_max = 0;  // bytes of an answer
  Nanoseconds connect_max{0};    // for locks while it opens
};

/// Blocks, so it belongs to workers: one thread at a time, except interrupt(). Guests' statements
/// run under an authorizer and SQLite's limits: no ATTACH, no PRAGMA, no transactions of their own,
/// no extensions, nothing of the ledger. Destruction closes the file and rolls back.
class SqliteConnection {
 public:
  explicit SqliteConnection(SqliteOptions options) : options_(std::move(options)) {}
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  host::Outcome open();
  /// One result a job. Several writes share one commit; each is undone by itself if it fails.
  std::vector<JobResult> run(std::span<const JobPointer> jobs);
  /// The next rows of a query in parts, which stays open until its last part or end_query().
  std::expected<SqlitePart, host::GuestError> next_part(const Job& job);
  void end_query() { query_.reset(); }
  /// The file is damaged or gone: the next connection may fare better.
  bool is_broken() const { return is_broken_; }

  /// From any thread: the job is marked as aborted, and ends soon if it is the one being done.
  void interrupt(const Job& job);

 private:
  struct CloseDatabase {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };
  struct Cached {
    std::string sql;
    SqliteStatement statement;
    bool is_trusted = false;  // prepared as one of our own: never given to a guest
  };
  class Current;
  class Trusted;

  host::Outcome configure();
  host::Outcome settle_file();
  host::Outcome make_ledger();
  host::Outcome command(const char* sql);
  host::Outcome fail(int code);
  static int on_busy(void* self, int tries);
  static int on_progress(void* self);
  static int on_commit(void* self, sqlite3* database, const char* name, int pages);

  std::expected<SqliteStatement, host::GuestError> prepare(const std::string& sql);
  void keep(const std::string& sql, SqliteStatement statement);

  JobResult read(const Job& job);
  struct Task {
    const Job& job;
    std::optional<JobResult> result;   // final
    std::optional<JobResult> outcome;  // if the round's commit succeeds
  };
  host::Outcome bound_log();
  void write_round(std::vector<Task>& tasks);
  bool write_task(Task& task);
  bool has_open_references() const;
  JobResult do_job(const Job& job);
  std::expected<Bytes, host::GuestError> do_statement(const Job& job, const Statement& statement,
                                                      std::size_t bytes_before);
  std::expected<std::optional<std::vector<Bytes>>, host::GuestError> look_up(const LedgerKey& key);
  host::Outcome note(const LedgerKey& key, const std::vector<Bytes>& outcome);

  const SqliteOptions options_;
  std::unique_ptr<sqlite3, CloseDatabase> database_;
  std::vector<Cached> cache_;  // the most recently used last
  std::optional<SqliteQuery> query_;
  bool is_trusted_ = false;  // our own statement, not the guest's
  bool is_broken_ = false;
  bool is_impatient_ = false;    // waits for no lock
  std::uint64_t log_pages_ = 0;  // of the file's write-ahead log, after the last commit here
  OperationId trimmed_;          // entries of the ledger below it are gone
  std::mutex current_mutex_;
  const Job* current_ = nullptr;
};

}  // namespace theater::hosts::database
