// Grant: reading and checking.
#include "hosts/database/grant.h"

#include <algorithm>
#include <filesystem>

#include "host/grant_text.h"
#include "io/posix_file.h"

namespace theater::hosts::database {

namespace {

std::string read_file_path(actor::SettingsReader& reader, std::string_view key,
                           const actor::Setting& table, const std::string& path) {
  const std::filesystem::path given(path);
  const bool leads_out = std::ranges::any_of(given, [](const auto& part) { return part == ".."; });
  if (path.empty() || leads_out || path.find('\0') != std::string::npos) {
    reader.refuse(key, "must be a path without `..`");
  }
  return host::beside_manifest(table, path);
}

void read_engine(actor::SettingsReader& reader, const actor::Setting& table, DatabaseGrant& grant) {
  const auto file = reader.optional_text("sqlite");
  const auto environment = reader.optional_text("postgres_environment");
  const auto secret = reader.optional_text("postgres_file");
  if (int{file.has_value()} + int{environment.has_value()} + int{secret.has_value()} != 1) {
    reader.refuse("sqlite", "needs one of sqlite, postgres_environment, postgres_file");
    return;
  }
  if (file) {
    grant.file = read_file_path(reader, "sqlite", table, *file);
    return;
  }
  grant.engine = Engine::kPostgres;
  if (environment) grant.secret_environment = *environment;
  if (secret) grant.secret_file = read_file_path(reader, "postgres_file", table, *secret);
}

void read_tls(actor::SettingsReader& reader, const actor::Setting& table, DatabaseGrant& grant) {
  static constexpr std::pair<std::string_view, PostgresTls> kWords[] = {
      {"off", PostgresTls::kOff},
      {"require", PostgresTls::kRequire},
      {"verify-full", PostgresTls::kVerifyFull}};
  const auto word = reader.optional_text("tls");
  const auto authorities = reader.optional_text("tls_authorities");
  if ((word || authorities) && grant.engine != Engine::kPostgres) {
    reader.refuse(word ? "tls" : "tls_authorities", "is for PostgreSQL");
  }
  if (word) {
    const auto* const found =
        std::ranges::find(kWords, *word, &std::pair<std::string_view, PostgresTls>::first);
    if (found == std::end(kWords)) {
      reader.refuse("tls", "is one of \"off\", \"require\", \"verify-full\"");
    } else {
      grant.tls = found->second;
    }
  }
  if (!authorities) return;
  if (grant.tls.value_or(PostgresTls::kVerifyFull) != PostgresTls::kVerifyFull) {
    reader.refuse("tls_authorities", "needs tls = \"verify-full\"");
  }
  grant.tls_authorities = read_file_path(reader, "tls_authorities", table, *authorities);
}

Result<DatabaseGrant> parse_database(const actor::Setting& table) {
  actor::SettingsReader reader(table, "grants.database." + table.key);
  DatabaseGrant grant;
  grant.name = table.key;
  if (!host::is_resource_name(grant.name))
    reader.refuse("sqlite", "has a name that is not [a-z0-9_-]{1,64}");
  read_engine(reader, table, grant);
  read_tls(reader, table, grant);
  grant.read_only = reader.boolean("read_only").value_or(false);
  const auto ledger = reader.boolean("ledger");
  grant.ledger = ledger.value_or(grant.engine == Engine::kSqlite) && !grant.read_only;
  if (grant.read_only && ledger.value_or(false)) reader.refuse("ledger", "needs to write");
  grant.reissue_reads = reader.boolean("reissue_reads").value_or(false);
  host::read_limits(reader, kLimitFields, grant.limits);
  TRY_OK(reader.finish());
  return grant;
}

}  // namespace

Result<Grant> parse_grant(const actor::Setting& table) {
  actor::SettingsReader reader(table, "grants.database");
  Grant grant;
  for (const actor::Setting& entry : table.items) {
    if (reader.table(entry.key) == nullptr) break;
    TRY(DatabaseGrant database, parse_database(entry));
    grant.databases.push_back(std::move(database));
  }
  TRY_OK(reader.finish());
  if (grant.databases.empty() || grant.databases.size() > kDatabasesMax) {
    return fail(Code::kInvalid,
                "{}: grants.database names 1 to {} databases, as [grants.database.NAME]",
                table.place(), kDatabasesMax);
  }
  return grant;
}

Result<std::string> read_secret(const DatabaseGrant& grant) {
  if (!grant.secret_environment.empty()) {
    if (grant.from_environment) return *grant.from_environment;
    return fail(Code::kNotFound, "the environment variable {} is not set",
                grant.secret_environment);
  }
  const auto files = io::make_posix_file_system();
  TRY(const Bytes content, io::read_file(*files, grant.secret_file, kSecretBytesMax));
  std::string text(as_text(content));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

}  // namespace theater::hosts::database
