// What a guest may do in SQLite.
#pragma once

#include <sqlite3.h>

#include <cstdint>

namespace theater::hosts::database {

inline constexpr const char* kLedgerTable = "theater_ledger";

/// The verdict on one thing that a guest's statement would do; as sqlite3_set_authorizer asks.
int authorize(int action, const char* first, const char* second);

/// Settings and bounds that no statement of a guest can change.
int harden(sqlite3* database);

}  // namespace theater::hosts::database
