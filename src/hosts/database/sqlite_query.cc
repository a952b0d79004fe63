// SqliteQuery: steps until a part is full.
#include "hosts/database/sqlite_query.h"

#include "hosts/database/limits.h"

namespace theater::hosts::database {

std::expected<SqlitePart, host::GuestError> SqliteQuery::next() {
  SqlitePart part;
  while (rows_.rows() < rows_per_part_ && rows_.bytes() < kPartBytes) {
    const int result = sqlite3_step(statement_.get());
    if (result == SQLITE_DONE) {
      part.is_last = true;
      break;
    }
    if (result != SQLITE_ROW) {
      return std::unexpected(sqlite_error(sqlite3_db_handle(statement_.get()), result));
    }
    if (auto fits = row_.read(rows_); !fits) return std::unexpected(std::move(fits.error()));
  }
  part.count = rows_.rows();
  part.rows = rows_.finish({});
  if (part.is_last) part.columns = rows_.finish({});
  return part;
}

}  // namespace theater::hosts::database
