// The limit of the notes actor: a plain C client that inserts the same rows, each durable by
// itself. SQLite: one connection (it has one writer); PostgreSQL: one connection and thread a
// client.
#include <fmt/format.h>
#include <libpq-fe.h>
#include <sqlite3.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Arguments {
  std::string sqlite, postgres, body = "a note of sixteen";
  unsigned clients = 64;
  double seconds = 4;
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

std::optional<std::uint64_t> insert_postgres(const Arguments& arguments, Clock::time_point end) {
  PGconn* const connection = PQconnectdb(arguments.postgres.c_str());
  std::uint64_t done = 0;
  for (; Clock::now() < end; ++done) {
    const std::string number = std::to_string(done);
    const char* const values[] = {number.c_str(), arguments.body.c_str()};
    PGresult* const result =
        PQexecParams(connection, "INSERT INTO notes (number, body) VALUES ($1, $2)", 2, nullptr,
                     values, nullptr, nullptr, 0);
    const bool is_done = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    if (!is_done) return std::nullopt;
  }
  PQfinish(connection);
  return done;
}

std::optional<std::uint64_t> insert_postgres_all(const Arguments& arguments,
                                                 Clock::time_point end) {
  PGconn* const connection = PQconnectdb(arguments.postgres.c_str());
  PQclear(PQexec(connection,
                 "CREATE TABLE IF NOT EXISTS notes (number BIGINT NOT NULL, body TEXT NOT NULL)"));
  PQfinish(connection);
  std::atomic<std::uint64_t> all = 0;
  std::atomic<bool> failed = false;
  std::vector<std::thread> clients;
  for (unsigned client = 0; client < arguments.clients; ++client) {
    clients.emplace_back([&] {
      const auto done = insert_postgres(arguments, end);
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
