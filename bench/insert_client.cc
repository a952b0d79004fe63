// The limit of the notes actor: a plain C client that inserts the same rows, each durable by
// itself. SQLite: one connection (it has one writer); PostgreSQL: one connection and thread a
// client. To PostgreSQL it sends the statements the actor sends, in as many round trips: each
// insert and the session's cleaning; with --ledger the insert and its entry in one transaction, so
// that it is done exactly once, and the cleaning. With --bare it sends the insert alone.
#include <fmt/format.h>
#include <libpq-fe.h>
#include <sqlite3.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Arguments {
  std::string sqlite, postgres, body = "a note of sixteen";
  unsigned clients = 64;
  double seconds = 4;
  bool ledger = false, bare = false;
};

/// Inserts until `end`; answers how many, or nothing if one failed.
std::optional<std::uint64_t> insert_sqlite(const Arguments& arguments, Clock::time_point end) {
  sqlite3* database = nullptr;
  if (sqlite3_open(arguments.sqlite.c_str(), &database) != SQLITE_OK) return std::nullopt;
  sqlite3_exec(database,
               "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
               "CREATE TABLE IF NOT EXISTS notes (number BIGINT NOT NULL, body TEXT NOT NULL)",
               nullptr, nullptr, nullptr);
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(database, "INSERT INTO notes (number, body) VALUES ($1, $2)", -1, &insert,
                     nullptr);
  std::uint64_t done = 0;
  while (Clock::now() < end) {
    sqlite3_bind_int64(insert, 1, static_cast<std::int64_t>(done));
    sqlite3_bind_text(insert, 2, arguments.body.c_str(), -1, SQLITE_STATIC);
    if (sqlite3_step(insert) != SQLITE_DONE) return std::nullopt;
    sqlite3_reset(insert);
    ++done;
  }
  sqlite3_finalize(insert);
  sqlite3_close(database);
  return done;
}

/// Whether the server did it.
bool run(PGconn* connection, const char* sql, std::span<const char* const> values = {}) {
  PGresult* const result = PQexecParams(connection, sql, static_cast<int>(values.size()), nullptr,
                                        values.data(), nullptr, nullptr, 0);
  const bool is_done = PQresultStatus(result) == PGRES_COMMAND_OK;
  PQclear(result);
  return is_done;
}

struct Command {
  const char* sql;
  std::span<const char* const> values = {};
};
using Group = std::vector<Command>;  // the next one begins when its transaction has ended

void send(PGconn* connection, const Group& group) {
  for (const Command& command : group) {
    PQsendQueryParams(connection, command.sql, static_cast<int>(command.values.size()), nullptr,
                      command.values.data(), nullptr, nullptr, 0);
  }
  PQpipelineSync(connection);
}

/// Whether the server did the next command, or has come to the end of a group.
bool receive(PGconn* connection, ExecStatusType wanted) {
  PGresult* const result = PQgetResult(connection);
  const bool is_done = PQresultStatus(result) == wanted;
  PQclear(result);
  if (wanted != PGRES_PIPELINE_SYNC) PQclear(PQgetResult(connection));  // nothing: its end
  return is_done;
}

/// One round trip: whether the server did all of it.
bool run_together(PGconn* connection, std::initializer_list<Group> groups) {
  for (const Group& group : groups) send(connection, group);
  for (const Group& group : groups) {
    for (std::size_t i = 0; i < group.size(); ++i) {
      if (!receive(connection, PGRES_COMMAND_OK)) return false;
    }
    if (!receive(connection, PGRES_PIPELINE_SYNC)) return false;
  }
  return true;
}

constexpr const char* kInsert = "INSERT INTO notes (number, body) VALUES ($1, $2)";
constexpr const char* kEntry = "INSERT INTO client_ledger VALUES ($1, $2, '\\x0101')";
constexpr Command kClean{"DISCARD ALL"};

/// One row, durable when it returns.
bool insert_row(PGconn* connection, std::span<const char* const> values) {
  return run_together(connection, {{{kInsert, values}}, {kClean}});
}

/// One row and its entry in the ledger. `key` is the actor and the operation.
bool insert_once(PGconn* connection, std::span<const char* const> values,
                 std::span<const char* const> key) {
  return run_together(connection,
                      {{{"BEGIN ISOLATION LEVEL READ COMMITTED"}, {kInsert, values}}}) &&
         run_together(connection, {{{kEntry, key}, {"COMMIT"}}, {kClean}});
}

std::optional<std::uint64_t> insert_postgres(const Arguments& arguments, unsigned client,
                                             Clock::time_point end) {
  PGconn* const connection = PQconnectdb(arguments.postgres.c_str());
  const std::string actor = fmt::format("\\x{:032x}", client);
  std::uint64_t done = 0;
  bool is_good = arguments.bare || PQenterPipelineMode(connection) == 1;
  for (; is_good && Clock::now() < end; ++done) {
    const std::string number = std::to_string(done);
    const char* const values[] = {number.c_str(), arguments.body.c_str()};
    const char* const key[] = {actor.c_str(), number.c_str()};
    is_good = arguments.bare     ? run(connection, kInsert, values)
              : arguments.ledger ? insert_once(connection, values, key)
                                 : insert_row(connection, values);
  }
  PQfinish(connection);
  if (!is_good) return std::nullopt;
  return done;
}

/// The tables that the clients write to; an earlier run's entries are gone.
void make_tables(const Arguments& arguments) {
  PGconn* const connection = PQconnectdb(arguments.postgres.c_str());
  run(connection, "CREATE TABLE IF NOT EXISTS notes (number BIGINT NOT NULL, body TEXT NOT NULL)");
  run(connection, "DROP TABLE IF EXISTS client_ledger");
  run(connection,
      "CREATE TABLE client_ledger (actor bytea NOT NULL, operation bigint NOT NULL, "
      "outcome bytea NOT NULL, PRIMARY KEY (actor, operation))");
  PQfinish(connection);
}

std::optional<std::uint64_t> insert_postgres_all(const Arguments& arguments,
                                                 Clock::time_point end) {
  make_tables(arguments);
  std::atomic<std::uint64_t> all = 0;
  std::atomic<bool> failed = false;
  std::vector<std::thread> clients;
  for (unsigned client = 0; client < arguments.clients; ++client) {
    clients.emplace_back([&, client] {
      const auto done = insert_postgres(arguments, client, end);
      if (done) all += *done;
      failed = failed || !done;
    });
  }
  for (std::thread& client : clients) client.join();
  if (failed) return std::nullopt;
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{"Inserts rows as fast as a plain client can."};
  app.add_option("--sqlite", arguments.sqlite, "a file");
  app.add_option("--postgres", arguments.postgres, "a connection string");
  app.add_option("--clients", arguments.clients, "of PostgreSQL");
  app.add_option("--seconds", arguments.seconds);
  auto* const ledger =
      app.add_flag("--ledger", arguments.ledger, "PostgreSQL: each insert with its ledger's entry");
  app.add_flag("--bare", arguments.bare, "PostgreSQL: the insert alone, no session's cleaning")
      ->excludes(ledger);
  CLI11_PARSE(app, argc, argv);
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>(arguments.seconds));
  const auto done = arguments.postgres.empty() ? insert_sqlite(arguments, end)
                                               : insert_postgres_all(arguments, end);
  if (!done) {
    fmt::print(stderr, "an insert failed\n");
    return 1;
  }
  fmt::print("{{\"per_second\":{:.0f}}}\n", static_cast<double>(*done) / arguments.seconds);
}
