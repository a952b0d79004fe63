// SqliteConnection: opening, statements, reads.
#include "hosts/database/sqlite_connection.h"

#include <algorithm>
#include <utility>

#include "hosts/database/limits.h"
#include "hosts/database/sqlite_current.h"
#include "hosts/database/sqlite_guard.h"

namespace theater::hosts::database {

namespace {

constexpr std::size_t kCachedMax = 32;

/// No value can be longer that comes from a guest, or goes to it.
std::uint64_t value_max_of(const SqliteOptions& options) {
  constexpr std::uint64_t kBesideIt = 64 * 1024;  // of its row
  return std::max<std::uint64_t>(options.result_max, kJobBytesMax) + kBesideIt;
}

/// What stands after the first statement: only space, comments and semicolons may.
bool is_empty_rest(sqlite3* database, const char* rest) {
  while (*rest != '\0') {
    sqlite3_stmt* next = nullptr;
    const char* after = nullptr;
    const int result = sqlite3_prepare_v3(database, rest, -1, 0, &next, &after);
    const SqliteStatement owned(next);
    if (result != SQLITE_OK || next != nullptr || after == rest) return false;
    rest = after;
  }
  return true;
}

}  // namespace

SqliteConnection::~SqliteConnection() {
  end_query();
  cache_.clear();
}

void SqliteConnection::interrupt(const Job& job) {
  job.is_aborted = true;
  const std::scoped_lock lock(current_mutex_);
  if (current_ == &job) sqlite3_interrupt(database_.get());
}

int SqliteConnection::on_busy(void* self, int tries) {
  const auto& connection = *static_cast<SqliteConnection*>(self);
  const Job* const job = connection.current_;
  if (connection.is_impatient_ || (job != nullptr && job->is_aborted)) return 0;
  const Nanoseconds most = job != nullptr ? job->time_max : connection.options_.connect_max;
  if (tries * Milliseconds(kBusyPauseMs) >= most) return 0;
  sqlite3_sleep(kBusyPauseMs);
  return 1;
}

/// Interrupts that come just before a statement begins are lost in SQLite; this look is not.
int SqliteConnection::on_progress(void* self) {
  const Job* const job = static_cast<SqliteConnection*>(self)->current_;
  return job != nullptr && job->is_aborted ? 1 : 0;
}

/// As SQLite's own hook, which it stands in for; and notes how long the log is.
int SqliteConnection::on_commit(void* self, sqlite3* database, const char* name, int pages) {
  static_cast<SqliteConnection*>(self)->log_pages_ = static_cast<std::uint64_t>(pages);
  if (pages < kCheckpointPages) return SQLITE_OK;
  sqlite3_wal_checkpoint_v2(database, name, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  return SQLITE_OK;
}

host::Outcome SqliteConnection::fail(int code) {
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      is_broken_ = true;
      break;
    default:
      break;
  }
  return std::unexpected(sqlite_error(database_.get(), code));
}

// Opening.

host::Outcome SqliteConnection::open() {
  bound_memory();
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
  flags |= options_.mode == SqliteOptions::File::kReadOnly
               ? SQLITE_OPEN_READONLY
               : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  // Neither ":memory:" nor "file:..." means anything but a file of that name.
  const bool is_absolute = options_.file.starts_with('/');
  const std::string path = is_absolute ? options_.file : "./" + options_.file;
  sqlite3* opened = nullptr;
  const int result = sqlite3_open_v2(path.c_str(), &opened, flags, nullptr);
  database_.reset(opened);
  if (result != SQLITE_OK) return fail(result);
  if (auto done = configure(); !done) return done;
  return settle_file();
}

host::Outcome SqliteConnection::configure() {
  sqlite3* const database = database_.get();
  sqlite3_extended_result_codes(database, 1);
  const int result = harden(database, value_max_of(options_));
  if (result != SQLITE_OK) return fail(result);
  sqlite3_busy_handler(database, &on_busy, this);
  sqlite3_progress_handler(database, kProgressSteps, &on_progress, this);
  sqlite3_wal_hook(database, &on_commit, this);
  sqlite3_set_authorizer(
      database,
      [](void* self, int action, const char* first, const char* second, const char* name,
         const char*) -> int {
        const bool is_ours = static_cast<SqliteConnection*>(self)->is_trusted_;
        return is_ours ? SQLITE_OK : authorize(action, first, second, name);
      },
      this);
  return {};
}

/// The file's own settings, the ledger, and a first look at whether it is a database at all.
host::Outcome SqliteConnection::settle_file() {
  const bool may_change = options_.mode == SqliteOptions::File::kMayChange;
  if (may_change) {
    // Two that open a new file at once: SQLite does not call the busy handler here.
    host::Outcome done = command("PRAGMA journal_mode = WAL");
    for (int tries = 0; !done && done.error().code == host::GuestCode::kBusy; ++tries) {
      if (on_busy(this, tries) == 0) break;
      done = command("PRAGMA journal_mode = WAL");
    }
    if (!done) return done;
  }
  if (auto done = command("PRAGMA synchronous = FULL"); !done) return done;
  if (auto done = command("PRAGMA temp_store = MEMORY"); !done) return done;
  if (auto done = command("PRAGMA cell_size_check = ON"); !done) return done;
  if (auto done = command("PRAGMA journal_size_limit = 67108864"); !done) return done;
  if (auto done = command("SELECT count(*) FROM sqlite_schema"); !done) return done;
  if (!may_change) return {};
  if (options_.access == Access::kRead) return command("PRAGMA query_only = ON");
  const std::string pages = fmt::format("PRAGMA max_page_count = {}",
                                        std::max<std::uint64_t>(options_.file_max / kPageBytes, 1));
  if (auto done = command(pages.c_str()); !done) return done;
  if (options_.ledger == SqliteOptions::Ledger::kNone) return {};
  return make_ledger();
}

/// One that is there already must be as we make it: a file may come from others, and a guest
/// without a ledger may have given its own table, with its triggers, this name.
host::Outcome SqliteConnection::make_ledger() {
  const std::string made = fmt::format(
      "{} (actor BLOB NOT NULL, operation INTEGER NOT NULL, "
      "outcome BLOB NOT NULL, PRIMARY KEY (actor, operation)) WITHOUT ROWID",
      kLedgerTable);
  const std::string make = "CREATE TABLE IF NOT EXISTS main." + made;
  if (auto done = command(make.c_str()); !done) return done;
  const Trusted trusted(*this);
  auto statement = prepare(
      fmt::format("SELECT 1 FROM main.sqlite_schema WHERE tbl_name = '{}' COLLATE NOCASE AND "
                  "sql <> 'CREATE TABLE {}'",
                  kLedgerTable, made));
  if (!statement) return std::unexpected(std::move(statement.error()));
  const int result = sqlite3_step(statement->get());
  if (result == SQLITE_DONE) return {};
  if (result != SQLITE_ROW) return fail(result);
  return host::refuse(host::GuestCode::kDenied, "the file has a {} that is not the host's",
                      kLedgerTable);
}

// Statements.

/// Runs one of our own statements to its end.
host::Outcome SqliteConnection::command(const char* sql) {
  const Trusted trusted(*this);
  const int result = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) return fail(result);
  return {};
}

std::expected<SqliteStatement, host::GuestError> SqliteConnection::prepare(const std::string& sql) {
  const auto found = std::ranges::find_if(
      cache_, [&](const Cached& it) { return it.is_trusted == is_trusted_ && it.sql == sql; });
  if (found != cache_.end()) {
    SqliteStatement statement = std::move(found->statement);
    cache_.erase(found);
    return statement;
  }
  if (sql.size() > kSqlBytesMax || sql.find('\0') != std::string::npos) {
    return host::refuse(host::GuestCode::kInvalid, "a statement has at most {} bytes, none zero",
                        kSqlBytesMax);
  }
  sqlite3_stmt* made = nullptr;
  const char* rest = nullptr;
  const int result = sqlite3_prepare_v3(database_.get(), sql.c_str(), -1, 0, &made, &rest);
  SqliteStatement statement(made);
  if (result != SQLITE_OK) return std::unexpected(fail(result).error());
  if (!statement) return host::refuse(host::GuestCode::kInvalid, "the statement is empty");
  if (!is_empty_rest(database_.get(), rest)) {
    return host::refuse(host::GuestCode::kInvalid, "one statement at a time");
  }
  return statement;
}

void SqliteConnection::keep(const std::string& sql, SqliteStatement statement) {
  sqlite3_reset(statement.get());
  sqlite3_clear_bindings(statement.get());
  if (cache_.size() >= kCachedMax) cache_.erase(cache_.begin());
  cache_.push_back({sql, std::move(statement), is_trusted_});
}

std::expected<Bytes, host::GuestError> SqliteConnection::do_statement(const Job& job,
                                                                      const Statement& statement,
                                                                      std::size_t bytes_before) {
  auto prepared = prepare(statement.sql);
  if (!prepared) return std::unexpected(std::move(prepared.error()));
  sqlite3_stmt* const it = prepared->get();
  if (job.access == Access::kRead && sqlite3_stmt_readonly(it) == 0) {
    return host::refuse(host::GuestCode::kInvalid, "a query only reads; use execute");
  }
  if (auto bound = bind_params(it, statement.params); !bound) {
    return std::unexpected(std::move(bound.error()));
  }
  AnswerLimits left = job.answer;
  left.bytes_max -= std::min<std::uint64_t>(left.bytes_max, bytes_before);
  RowsWriter rows(left);
  const std::int64_t changes_before = sqlite3_total_changes64(database_.get());
  sqlite3_set_last_insert_rowid(database_.get(), 0);
  const SqliteRow row(it);
  rows.set_columns(row.columns());
  int result = sqlite3_step(it);
  for (; result == SQLITE_ROW; result = sqlite3_step(it)) {
    if (auto fits = row.read(rows); !fits) return std::unexpected(std::move(fits.error()));
  }
  if (result != SQLITE_DONE) return std::unexpected(fail(result).error());
  RowsWriter::End end;
  if (sqlite3_total_changes64(database_.get()) != changes_before) {
    end.changed = static_cast<std::uint64_t>(sqlite3_changes64(database_.get()));
    const std::int64_t last = sqlite3_last_insert_rowid(database_.get());
    if (last != 0) end.last_id = last;
  }
  if (statement.expect_changed && *statement.expect_changed != end.changed) {
    return host::refuse(host::GuestCode::kConflict, "{} rows were changed, not {}", end.changed,
                        *statement.expect_changed);
  }
  keep(statement.sql, *std::move(prepared));
  return rows.finish(end);
}

// Reads.

std::vector<JobResult> SqliteConnection::run(std::span<const JobPointer> jobs) {
  std::vector<JobResult> results;
  if (jobs.front()->access == Access::kRead) {
    results.push_back(read(*jobs.front()));
    return results;
  }
  std::vector<Task> tasks;
  for (const JobPointer& job : jobs) tasks.push_back({*job, {}, {}});
  const auto is_open = [](const Task& task) { return !task.result; };
  // Each round settles one job at least.
  while (std::ranges::any_of(tasks, is_open)) write_round(tasks);
  for (Task& task : tasks) results.push_back(*std::move(task.result));
  return results;
}

JobResult SqliteConnection::read(const Job& job) {
  const Current current(*this, job);
  auto rows = do_statement(job, job.statements.front(), 0);
  if (!rows) return std::unexpected(std::move(rows.error()));
  return std::vector<Bytes>{*std::move(rows)};
}

std::expected<SqlitePart, host::GuestError> SqliteConnection::next_part(const Job& job) {
  const Current current(*this, job);
  if (!query_) {
    auto prepared = prepare(job.statements.front().sql);
    if (!prepared) return std::unexpected(std::move(prepared.error()));
    if (sqlite3_stmt_readonly(prepared->get()) == 0) {
      return host::refuse(host::GuestCode::kInvalid, "a query only reads; use execute");
    }
    if (auto bound = bind_params(prepared->get(), job.statements.front().params); !bound) {
      return std::unexpected(std::move(bound.error()));
    }
    query_.emplace(*std::move(prepared), job);
  }
  auto part = query_->next();
  if (!part) is_broken_ = is_broken_ || part.error().code == host::GuestCode::kIo;
  return part;
}

}  // namespace theater::hosts::database
