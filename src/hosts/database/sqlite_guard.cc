// The authorizer's rules, and SQLite's own switches and limits.
#include "hosts/database/sqlite_guard.h"

#include <algorithm>
#include <string_view>

#include "hosts/database/limits.h"

namespace theater::hosts::database {

namespace {

bool same(const char* name, std::string_view other) {
  return name != nullptr && sqlite3_stricmp(name, other.data()) == 0;
}

bool is_one_of(const char* name, std::initializer_list<std::string_view> names) {
  return std::ranges::any_of(names, [&](std::string_view other) { return same(name, other); });
}

}  // namespace

int authorize(int action, const char* first, const char* second, const char* database) {
  // What is temporary has no bound, and outlives its job in the session. Whatever is made there is
  // inserted in its schema.
  if (action == SQLITE_INSERT && same(database, "temp")) return SQLITE_DENY;
  if (same(first, kLedgerTable) || same(second, kLedgerTable)) return SQLITE_DENY;
  switch (action) {
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
      return SQLITE_DENY;
    case SQLITE_PRAGMA:  // full-text search asks for this one itself
      return same(first, "data_version") && second == nullptr ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_FUNCTION:
      return is_one_of(second, {"load_extension", "fts3_tokenizer"}) ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_CREATE_VTABLE:
    case SQLITE_DROP_VTABLE:
      return is_one_of(second, {"fts3", "fts4", "fts5", "rtree"}) ? SQLITE_OK : SQLITE_DENY;
    default:
      return SQLITE_OK;
  }
}

void bound_memory() {
  sqlite3_hard_heap_limit64(kSqliteHeapBytes);
  // From here on caches take their own old pages instead of new ones.
  sqlite3_soft_heap_limit64(kSqliteHeapBytes / 4 * 3);
}

int harden(sqlite3* database, std::uint64_t value_max) {
  struct Switch {
    int option, value;
  };
  constexpr Switch kSwitches[] = {
      {SQLITE_DBCONFIG_DEFENSIVE, 1},      {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
      {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0}, {SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0},
      {SQLITE_DBCONFIG_ENABLE_FKEY, 1},    {SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0},
      {SQLITE_DBCONFIG_DQS_DML, 0},        {SQLITE_DBCONFIG_DQS_DDL, 0},
  };
  for (const Switch& it : kSwitches) {
    const int result = sqlite3_db_config(database, it.option, it.value, nullptr);
    if (result != SQLITE_OK) return result;
  }
  struct Bound {
    int limit, value;
  };
  const Bound bounds[] = {
      {SQLITE_LIMIT_LENGTH, static_cast<int>(value_max)},
      {SQLITE_LIMIT_SQL_LENGTH, static_cast<int>(kSqlBytesMax)},
      {SQLITE_LIMIT_COLUMN, 256},
      {SQLITE_LIMIT_EXPR_DEPTH, 200},
      {SQLITE_LIMIT_COMPOUND_SELECT, 50},
      {SQLITE_LIMIT_VDBE_OP, 100'000},
      {SQLITE_LIMIT_FUNCTION_ARG, 64},
      {SQLITE_LIMIT_ATTACHED, 0},
      {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000},
      {SQLITE_LIMIT_VARIABLE_NUMBER, static_cast<int>(kParamsMax)},
      {SQLITE_LIMIT_TRIGGER_DEPTH, 16},
      {SQLITE_LIMIT_WORKER_THREADS, 0},
  };
  for (const Bound& it : bounds) sqlite3_limit(database, it.limit, it.value);
  return SQLITE_OK;
}

}  // namespace theater::hosts::database
