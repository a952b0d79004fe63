// What a guest may do in SQLite.
#pragma once

#include <sqlite3.h>

#include <cstdint>

namespace theater::hosts::database {

inline constexpr const char* kLedgerTable = "theater_ledger";

/// The verdict on one thing that a guest's statement would do; as sqlite3_set_authorizer asks.
int authorize(int action, const char* first, const char* second, const char* database);

/// Settings and bounds that no statement of a guest can change. No text, blob or row has more than
/// `value_max` bytes.
int harden(sqlite3* database, std::uint64_t value_max);

/// Bounds SQLite's memory in this process to kSqliteHeapBytes: whatever would need more fails with
/// SQLITE_NOMEM. Any thread, any number of times.
void bound_memory();

}  // namespace theater::hosts::database
