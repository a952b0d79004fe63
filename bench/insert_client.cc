// The limit of the notes actor: a plain C client that inserts the same rows, each durable by
// itself. SQLite: one connection (it has one writer); PostgreSQL: one connection and thread a
// client. With --ledger it sends PostgreSQL what the actor sends when each insert is to be done
// exactly once: the insert and its entry in one transaction, and the session's cleaning.
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
  bool ledger = false;
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

/// One row, durable when it returns.
bool insert_row(PGconn* connection, std::span<const char* const> values) {
  return run(connection, "INSERT INTO notes (number, body) VALUES ($1, $2)", values);
}

/// One row and its entry in the ledger. `key` is the actor and the operation.
bool insert_once(PGconn* connection, std::span<const char* const> values,
                 std::span<const char* const> key) {
  return run(connection, "BEGIN ISOLATION LEVEL READ COMMITTED") &&
         insert_row(connection, values) &&
         run(connection, "INSERT INTO client_ledger VALUES ($1, $2, '\\x0101')", key) &&
         run(connection, "COMMIT") && run(connection, "DISCARD ALL");
}

std::optional<std::uint64_t> insert_postgres(const Arguments& arguments, unsigned client,
                                             Clock::time_point end) {
  PGconn* const connection = PQconnectdb(arguments.postgres.c_str());
  const std::string actor = fmt::format("\\x{:032x}", client);
  std::uint64_t done = 0;
  bool is_good = true;
  for (; is_good && Clock::now() < end; ++done) {
    const std::string number = std::to_string(done);
    const char* const values[] = {number.c_str(), arguments.body.c_str()};
    const char* const key[] = {actor.c_str(), number.c_str()};
    is_good =
        arguments.ledger ? insert_once(connection, values, key) : insert_row(connection, values);
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
  app.add_flag("--ledger", arguments.ledger, "PostgreSQL: each insert with its ledger's entry");
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
