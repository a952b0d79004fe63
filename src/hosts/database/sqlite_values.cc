// Values and errors of SQLite.
#include "hosts/database/sqlite_values.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "hosts/database/civil.h"
#include "hosts/database/limits.h"
#include "wasm/utf8.h"

namespace theater::hosts::database {

namespace {

using host::GuestCode;

GuestCode code_of(int result) {
  switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return GuestCode::kBusy;
    case SQLITE_FULL:
    case SQLITE_NOMEM:
      return GuestCode::kFull;
    case SQLITE_CONSTRAINT:
      return GuestCode::kConflict;
    case SQLITE_AUTH:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return GuestCode::kDenied;
    case SQLITE_TOOBIG:
      return GuestCode::kTooLarge;
    case SQLITE_INTERRUPT:
      return GuestCode::kCancelled;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return GuestCode::kIo;
    default:
      return GuestCode::kInvalid;
  }
}

std::string_view name_of(int result) {
  switch (result) {
    case SQLITE_BUSY_SNAPSHOT:
      return "SQLITE_BUSY_SNAPSHOT";
    case SQLITE_CONSTRAINT_UNIQUE:
      return "SQLITE_CONSTRAINT_UNIQUE";
    case SQLITE_CONSTRAINT_PRIMARYKEY:
      return "SQLITE_CONSTRAINT_PRIMARYKEY";
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return "SQLITE_CONSTRAINT_FOREIGNKEY";
    case SQLITE_CONSTRAINT_NOTNULL:
      return "SQLITE_CONSTRAINT_NOTNULL";
    case SQLITE_CONSTRAINT_CHECK:
      return "SQLITE_CONSTRAINT_CHECK";
    default:
      break;
  }
  constexpr std::string_view kNames[] = {
      "SQLITE_OK",       "SQLITE_ERROR",     "SQLITE_INTERNAL", "SQLITE_PERM",
      "SQLITE_ABORT",    "SQLITE_BUSY",      "SQLITE_LOCKED",   "SQLITE_NOMEM",
      "SQLITE_READONLY", "SQLITE_INTERRUPT", "SQLITE_IOERR",    "SQLITE_CORRUPT",
      "SQLITE_NOTFOUND", "SQLITE_FULL",      "SQLITE_CANTOPEN", "SQLITE_PROTOCOL",
      "SQLITE_EMPTY",    "SQLITE_SCHEMA",    "SQLITE_TOOBIG",   "SQLITE_CONSTRAINT",
      "SQLITE_MISMATCH", "SQLITE_MISUSE",    "SQLITE_NOLFS",    "SQLITE_AUTH",
      "SQLITE_FORMAT",   "SQLITE_RANGE",     "SQLITE_NOTADB"};
  const auto primary = static_cast<std::size_t>(result & 0xff);
  return primary < std::size(kNames) ? kNames[primary] : "SQLITE_ERROR";
}

/// Valid UTF-8, whatever a library says.
std::string message_of(std::string_view text) {
  text = text.substr(0, kMessageBytesMax);
  while (!text.empty() && !wasm::is_valid_utf8(as_bytes(text))) text.remove_suffix(1);
  return std::string(text);
}

std::unexpected<host::GuestError> bad_value(std::size_t number, std::string_view what) {
  return host::refuse(GuestCode::kInvalid, "parameter ${} is no {}", number, what);
}

/// A parameter on its way into a statement.
struct Binder {
  sqlite3_stmt* statement;
  int place;           // SQLite's
  std::size_t number;  // the guest's

  host::Outcome done(int result) const {
    if (result == SQLITE_OK) return {};
    return std::unexpected(sqlite_error(sqlite3_db_handle(statement), result));
  }
  host::Outcome integer(std::int64_t value) const {
    return done(sqlite3_bind_int64(statement, place, value));
  }
  host::Outcome text(std::string_view value) const {
    return done(sqlite3_bind_text64(statement, place, value.data(), value.size(), SQLITE_STATIC,
                                    SQLITE_UTF8));
  }
  host::Outcome made(const std::optional<std::string>& value, std::string_view what) const {
    if (!value) return bad_value(number, what);
    return done(sqlite3_bind_text64(statement, place, value->data(), value->size(),
                                    SQLITE_TRANSIENT, SQLITE_UTF8));
  }
  host::Outcome checked(const std::string& value, bool is_good, std::string_view what) const {
    if (!is_good) return bad_value(number, what);
    return text(value);
  }

  host::Outcome bind(const Value& value) const {
    const auto& it = value.value;
    switch (value.kind()) {
      case Value::kNull:
        return done(sqlite3_bind_null(statement, place));
      case Value::kBoolean:
        return integer(std::get<Value::kBoolean>(it) ? 1 : 0);
      case Value::kInteger:
        return integer(std::get<Value::kInteger>(it));
      case Value::kDouble:
        return real(std::get<Value::kDouble>(it));
      case Value::kDecimal: {
        const std::string& digits = std::get<Value::kDecimal>(it);
        return checked(digits, is_decimal(digits), "decimal number");
      }
      case Value::kText:
        return text(std::get<Value::kText>(it));
      case Value::kBlob: {
        const Bytes& blob = std::get<Value::kBlob>(it);
        if (blob.empty()) return done(sqlite3_bind_zeroblob(statement, place, 0));
        return done(sqlite3_bind_blob64(statement, place, blob.data(), blob.size(), SQLITE_STATIC));
      }
      case Value::kDate:
        return made(date_text(std::get<Value::kDate>(it)), "date in the years 1 to 9999");
      case Value::kTime:
        return made(time_text(std::get<Value::kTime>(it)), "time of a day");
      case Value::kTimestamp:
        return made(timestamp_text(std::get<Value::kTimestamp>(it)), "time in the years 1 to 9999");
      case Value::kUuid: {
        const std::string& digits = std::get<Value::kUuid>(it);
        return checked(digits, is_uuid(digits), "uuid");
      }
      case Value::kJson:
        return text(std::get<Value::kJson>(it));
      case Value::kOther:
        return text(std::get<1>(std::get<Value::kOther>(it)));
    }
    return bad_value(number, "known value");
  }
  /// SQLite would store NaN as NULL.
  host::Outcome real(double value) const {
    if (std::isnan(value)) return bad_value(number, "number");
    return done(sqlite3_bind_double(statement, place, value));
  }
};

/// The n of "$n"; nothing for other parameters.
std::optional<std::size_t> number_of(const char* name) {
  if (name == nullptr || name[0] != '$') return std::nullopt;
  const std::string_view digits(name + 1);
  std::size_t number = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (read.ec != std::errc{} || read.ptr != digits.data() + digits.size()) return std::nullopt;
  if (number == 0 || digits[0] == '0') return std::nullopt;
  return number;
}

Value::Case declared_case(const char* declared) {
  if (declared == nullptr) return Value::kNull;
  std::string word;
  for (const char* c = declared; std::isalpha(static_cast<unsigned char>(*c)) != 0; ++c) {
    word += static_cast<char>(std::toupper(static_cast<unsigned char>(*c)));
  }
  constexpr std::pair<std::string_view, Value::Case> kWords[] = {{"BOOLEAN", Value::kBoolean},
                                                                 {"BOOL", Value::kBoolean},
                                                                 {"DECIMAL", Value::kDecimal},
                                                                 {"NUMERIC", Value::kDecimal},
                                                                 {"DATE", Value::kDate},
                                                                 {"TIME", Value::kTime},
                                                                 {"DATETIME", Value::kTimestamp},
                                                                 {"TIMESTAMP", Value::kTimestamp},
                                                                 {"TIMESTAMPTZ", Value::kTimestamp},
                                                                 {"UUID", Value::kUuid},
                                                                 {"JSON", Value::kJson},
                                                                 {"JSONB", Value::kJson}};
  const auto* const found =
      std::ranges::find(kWords, word, [](const auto& row) { return row.first; });
  return found == std::end(kWords) ? Value::kNull : found->second;
}

/// A text as its column declares it; nothing if it is not such a text.
std::optional<Value> declared_value(Value::Case declared, std::string_view text) {
  switch (declared) {
    case Value::kDecimal:
      if (is_decimal(text)) return Value::make<Value::kDecimal>(text);
      return std::nullopt;
    case Value::kDate:
      if (const auto days = parse_date(text)) return Value::make<Value::kDate>(*days);
      return std::nullopt;
    case Value::kTime:
      if (const auto time = parse_time(text)) return Value::make<Value::kTime>(*time);
      return std::nullopt;
    case Value::kTimestamp:
      if (const auto time = parse_timestamp(text)) return Value::make<Value::kTimestamp>(*time);
      return std::nullopt;
    case Value::kUuid:
      if (is_uuid(text)) return Value::make<Value::kUuid>(text);
      return std::nullopt;
    case Value::kJson:
      return Value::make<Value::kJson>(text);
    default:
      return std::nullopt;
  }
}

}  // namespace

host::GuestError sqlite_error(sqlite3* database, int code) {
  host::GuestError error{code_of(code), std::string(name_of(code)), "", std::nullopt};
  error.message = message_of(sqlite3_errmsg(database));
  if ((code & 0xff) == SQLITE_NOMEM) {
    error.message =
        fmt::format("SQLite has at most {} bytes of memory, all actors together", kSqliteHeapBytes);
    error.retry_ms = 100;
  }
  if (error.code == GuestCode::kBusy) error.retry_ms = 100;
  return error;
}

host::Outcome bind_params(sqlite3_stmt* statement, const std::vector<Value>& params) {
  std::size_t used = 0;
  for (int place = 1; place <= sqlite3_bind_parameter_count(statement); ++place) {
    const auto number = number_of(sqlite3_bind_parameter_name(statement, place));
    if (!number) return host::refuse(GuestCode::kInvalid, "parameters are written $1, $2, ...");
    used = std::max(used, *number);
    if (*number > params.size()) continue;
    const Binder binder{statement, place, *number};
    if (auto bound = binder.bind(params[*number - 1]); !bound) return bound;
  }
  if (used == params.size()) return {};
  return host::refuse(GuestCode::kInvalid, "the statement has {} parameters, not {}", used,
                      params.size());
}

SqliteRow::SqliteRow(sqlite3_stmt* statement) : statement_(statement) {
  for (int column = 0; column < sqlite3_column_count(statement); ++column) {
    const char* const name = sqlite3_column_name(statement, column);
    columns_.push_back(name == nullptr ? std::string() : message_of(name));
    declared_.push_back(declared_case(sqlite3_column_decltype(statement, column)));
  }
}

host::Outcome SqliteRow::read(RowsWriter& out) const {
  if (auto fits = out.check_room(copied_bytes()); !fits) return fits;
  out.begin_row();
  for (int column = 0; column < static_cast<int>(columns_.size()); ++column) {
    read_cell(out, column);
  }
  return out.check();
}

/// Of texts and blobs. Asking a number for its bytes would make a text of it.
std::size_t SqliteRow::copied_bytes() const {
  std::size_t bytes = 0;
  for (int column = 0; column < static_cast<int>(columns_.size()); ++column) {
    const int stored = sqlite3_column_type(statement_, column);
    if (stored != SQLITE_TEXT && stored != SQLITE_BLOB) continue;
    bytes += static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  }
  return bytes;
}

void SqliteRow::read_cell(RowsWriter& out, int column) const {
  const Value::Case declared = declared_[static_cast<std::size_t>(column)];
  const int stored = sqlite3_column_type(statement_, column);
  const auto text_of = [&] {
    const auto* const text = sqlite3_column_text(statement_, column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return std::string_view(reinterpret_cast<const char*>(text), text == nullptr ? 0 : size);
  };
  switch (stored) {
    case SQLITE_NULL:
      return out.add(Value{});
    case SQLITE_INTEGER: {
      const std::int64_t number = sqlite3_column_int64(statement_, column);
      if (declared == Value::kBoolean && (number == 0 || number == 1)) {
        return out.add(Value::make<Value::kBoolean>(number == 1));
      }
      break;
    }
    case SQLITE_BLOB: {
      const auto* const blob =
          static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
      const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
      return out.add_blob({blob, blob == nullptr ? 0 : size});
    }
    default:
      break;
  }
  if (stored != SQLITE_TEXT && declared != Value::kDecimal && declared != Value::kJson) {
    return out.add(stored == SQLITE_INTEGER
                       ? Value::make<Value::kInteger>(sqlite3_column_int64(statement_, column))
                       : Value::make<Value::kDouble>(sqlite3_column_double(statement_, column)));
  }
  const std::string_view text = text_of();
  if (!wasm::is_valid_utf8(as_bytes(text))) return out.add_blob(as_bytes(text));
  if (const auto value = declared_value(declared, text)) return out.add(*value);
  out.add_text(text);
}

}  // namespace theater::hosts::database
