// Grant: the tables [grants.database.<name>] of a manifest.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actor/settings.h"
#include "hosts/database/limits.h"

namespace theater::hosts::database {

enum class Engine : std::uint8_t { kSqlite, kPostgres };

/// How the way to a PostgreSQL server is guarded.
enum class PostgresTls : std::uint8_t {
  kOff,         // not at all
  kRequire,     // nobody reads along; whoever answers is believed
  kVerifyFull,  // the certificate is of a trusted authority and names the host
};

/// One database that the actor may use by its name.
struct DatabaseGrant {
  std::string name;
  Engine engine = Engine::kSqlite;
  std::string file;                // SQLite: absolute or from the working directory
  std::string secret_environment;  // PostgreSQL: the variable, or the file, that holds the
  std::string secret_file;         // connection string
  std::optional<PostgresTls> tls;  // PostgreSQL; nothing: the connection string's, or by its host
  std::string tls_authorities;     // PostgreSQL: a PEM file; empty: the system's
  std::optional<std::string> from_environment;  // its value, once the family has looked it up
  bool read_only = false;
  bool ledger = true;          // writes are done exactly once, whatever crashes
  bool reissue_reads = false;  // reads that a crash interrupted are done again
  Limits limits;
};

/// The databases, by name.
struct Grant {
  std::vector<DatabaseGrant> databases;
};

/// Paths are relative to the manifest; none leads out through `..`.
Result<Grant> parse_grant(const actor::Setting& table);

/// The connection string that a grant names; reads its file. kNotFound: it is not there.
Result<std::string> read_secret(const DatabaseGrant& grant);

}  // namespace theater::hosts::database
