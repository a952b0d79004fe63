// SqliteQuery: a query whose rows are taken in parts.
#pragma once

#include "hosts/database/job.h"
#include "hosts/database/sqlite_values.h"

namespace theater::hosts::database {

struct SqlitePart {
  Bytes rows;     // canonical
  Bytes columns;  // of the last part: an answer without rows
  std::uint64_t count = 0;
  bool is_last = false;
};

/// Reads a consistent picture, however long its parts take. On whatever thread its connection is.
class SqliteQuery {
 public:
  SqliteQuery(SqliteStatement statement, const Job& job)
      : statement_(std::move(statement)),
        row_(statement_.get()),
        rows_(job.answer),
        rows_per_part_(job.rows_per_part) {
    rows_.set_columns(row_.columns());
  }

  std::expected<SqlitePart, host::GuestError> next();

 private:
  SqliteStatement statement_;
  SqliteRow row_;
  RowsWriter rows_;
  std::uint32_t rows_per_part_;
};

}  // namespace theater::hosts::database
