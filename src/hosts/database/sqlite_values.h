// Values between the WIT `value` and SQLite, and SQLite's errors as guests see them.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <vector>

#include "hosts/database/payload.h"
#include "hosts/database/rows_writer.h"

namespace theater::hosts::database {

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using SqliteStatement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

/// What went wrong on this connection with the result code of the last call.
host::GuestError sqlite_error(sqlite3* database, int code);

/// Binds `$1` to `$n`. Texts and blobs are not copied: `params` outlives the execution.
host::Outcome bind_params(sqlite3_stmt* statement, const std::vector<Value>& params);

/// Reads the rows of one prepared statement. SQLite has five kinds of values; the first word of a
/// column's declared type tells the others (DATE, UUID, DECIMAL TEXT, ...). A value that is not as
/// its column declares comes as the kind it is stored in.
class SqliteRow {
 public:
  explicit SqliteRow(sqlite3_stmt* statement);
  const std::vector<std::string>& columns() const { return columns_; }
  /// Appends the current row; refuses (kTooLarge), before it copies anything, one that does not
  /// fit.
  host::Outcome read(RowsWriter& out) const;

 private:
  std::size_t copied_bytes() const;
  void read_cell(RowsWriter& out, int column) const;
  sqlite3_stmt* statement_;
  std::vector<std::string> columns_;
  std::vector<Value::Case> declared_;
};

}  // namespace theater::hosts::database
