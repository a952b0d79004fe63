// Values between the WIT `value` and PostgreSQL, and its errors as guests see them.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <vector>

#include "hosts/database/payload.h"
#include "hosts/database/rows_writer.h"

namespace theater::hosts::database {

struct FreeResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PostgresResult = std::unique_ptr<PGresult, FreeResult>;

/// Parameters as libpq takes them; texts and blobs point into the values, which outlive it.
class PostgresParams {
 public:
  host::Outcome read(const std::vector<Value>& params);
  int count() const { return static_cast<int>(values_.size()); }
  const Oid* types() const { return types_.data(); }
  const char* const* values() const { return values_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  host::Outcome add(const Value& value, std::size_t number);
  void add_text(Oid type, const std::string& borrowed);
  void add_made(Oid type, std::string text);

  std::vector<Oid> types_;
  std::vector<const char*> values_;
  std::vector<int> lengths_, formats_;
  std::vector<std::unique_ptr<std::string>> made_;
};

/// The names of a result's columns.
std::vector<std::string> columns_of(const PGresult* result);
/// Appends row `row` of the result.
void read_row(const PGresult* result, int row, RowsWriter& out);
/// One value in the text form of its type.
Value value_of(Oid type, std::string_view text);
/// Rows inserted, updated or deleted by the command.
std::uint64_t changed_by(PGresult* result);

/// From a five-character SQLSTATE.
host::GuestCode code_of_state(std::string_view state);
host::GuestError postgres_error(const PGresult* result);
/// What the connection says of itself.
host::GuestError connection_error(const PGconn* connection, host::GuestCode code);
/// Valid UTF-8 in one line, however a library says it.
std::string clean_message(std::string_view text);

}  // namespace theater::hosts::database
