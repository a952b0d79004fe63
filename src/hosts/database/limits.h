// The database family's limits: keys of [grants.database.<name>], and fixed bounds.
#pragma once

#include "host/limit_field.h"

namespace theater::hosts::database {

using std::chrono::seconds;

/// Of one named database.
struct Limits {
  std::uint64_t pool_max = 4;             // sessions at once
  std::uint64_t waiting_max = 64;         // operations without a session
  Nanoseconds statement = seconds(30);    // from the call to the end of an operation
  std::uint64_t rows_max = 10'000;        // in one answer
  std::uint64_t result_max = 8u << 20;    // bytes of one answer
  std::uint64_t file_max = 1ull << 30;    // SQLite: bytes of the database file
  std::uint64_t notices_max = 1024;       // notifications that wait for the actor
  std::uint64_t notice_bytes = 1u << 20;  // bytes of them
  Nanoseconds connect = seconds(10);      // to make a session
};

namespace limits_detail {
using Field = host::LimitField<Limits>;
inline constexpr auto kBytes = Field::Unit::kBytes;
inline constexpr std::int64_t kSecond = 1'000'000'000;
inline constexpr std::int64_t kMiB = 1 << 20;
}  // namespace limits_detail

inline constexpr host::LimitField<Limits> kLimitFields[] = {
    {"pool_max", &Limits::pool_max, 1, 64},
    {"waiting_max", &Limits::waiting_max, 1, 65'536},
    {"statement", &Limits::statement, limits_detail::kSecond / 100, 3600 * limits_detail::kSecond},
    {"rows_max", &Limits::rows_max, 1, 1'000'000},
    {"result_max", &Limits::result_max, 1024, 64 * limits_detail::kMiB, limits_detail::kBytes},
    {"file_max", &Limits::file_max, 64 * 1024, 1024 * 1024 * limits_detail::kMiB,
     limits_detail::kBytes},
    {"notices_max", &Limits::notices_max, 1, 65'536},
    {"notice_bytes", &Limits::notice_bytes, 16 * 1024, 64 * limits_detail::kMiB,
     limits_detail::kBytes},
    {"connect", &Limits::connect, limits_detail::kSecond / 100, 600 * limits_detail::kSecond},
};

// Of the process.
inline constexpr std::int64_t kSqliteHeapBytes = 512 << 20;  // SQLite's memory, all actors together
// Of an actor.
inline constexpr std::size_t kDatabasesMax = 16;
inline constexpr std::size_t kWorkingMax = 4096;      // operations that have a session
inline constexpr std::size_t kNameBytesMax = 64;      // of a database, of a channel
inline constexpr std::size_t kSecretBytesMax = 8192;  // of a connection
// Of an operation.
inline constexpr std::size_t kSqlBytesMax = 256 * 1024;
inline constexpr std::size_t kParamsMax = 1000;
inline constexpr std::size_t kStatementsMax = 256;
inline constexpr std::size_t kJobBytesMax = 4u << 20;     // all its arguments
inline constexpr std::int64_t kFirstCredit = 256 * 1024;  // bytes of parts
inline constexpr std::uint32_t kRowsPerPartMax = 10'000;
inline constexpr std::size_t kPartBytes = 64 * 1024;  // a part is not longer, one row aside
// Of a session.
inline constexpr std::size_t kAddressesMax = 16;   // PostgreSQL: of its server's name
inline constexpr std::uint64_t kPageBytes = 4096;  // SQLite's default; other files get other bounds
inline constexpr std::uint64_t kLogBytesMin = 8u << 20;  // SQLite: what its log may have at least
inline constexpr int kCheckpointPages = 1000;            // SQLite: of the log, and it is read back
inline constexpr std::size_t kGroupMax = 64;             // SQLite: operations that share one commit
inline constexpr int kProgressSteps = 4000;      // SQLite: between two looks at the cancellation
inline constexpr int kBusyPauseMs = 5;           // SQLite: between two tries for a lock
inline constexpr std::uint64_t kTrimEvery = 64;  // PostgreSQL: operations whose entries go together
inline constexpr Nanoseconds kDrainTime = seconds(5);  // PostgreSQL: for a cancelled command to end
inline constexpr Nanoseconds kListenPause = seconds(1);      // PostgreSQL: before listening again,
inline constexpr Nanoseconds kListenPauseMax = seconds(30);  // doubled each time up to this
inline constexpr std::size_t kChannelsMax = 64;              // PostgreSQL: of one database
inline constexpr std::size_t kMessageBytesMax = 512;         // of a library's message
// PostgreSQL: what one task takes of what the server has sent.
inline constexpr std::size_t kResultsAtOnce = 128;
inline constexpr std::size_t kResultBytesAtOnce = 256 * 1024;  // and then no other
inline constexpr std::size_t kNoticesAtOnce = 32;
inline constexpr std::uint64_t kHexGrowth = 2;           // PostgreSQL: a blob's on its way here
inline constexpr std::uint64_t kBesideRows = 64 * 1024;  // PostgreSQL: of a message, beside a row

}  // namespace theater::hosts::database
