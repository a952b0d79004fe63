// Values and errors of PostgreSQL. Results come in text form; the connection is set up so that
// dates are ISO, times are UTC and bytes are hexadecimal.
#include "hosts/database/postgres_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "hosts/database/civil.h"
#include "hosts/database/limits.h"
#include "wasm/utf8.h"

namespace theater::hosts::database {

namespace {

using host::GuestCode;

// Object ids of built-in types, fixed since PostgreSQL began.
constexpr Oid kBool = 16, kBytea = 17, kName = 19, kInt8 = 20, kInt2 = 21, kInt4 = 23, kText = 25,
              kOidType = 26, kJson = 114, kFloat4 = 700, kFloat8 = 701, kUnknown = 705,
              kBpchar = 1042, kVarchar = 1043, kDate = 1082, kTime = 1083, kTimestamp = 1114,
              kTimestamptz = 1184, kNumeric = 1700, kUuid = 2950, kJsonb = 3802;

struct TypeName {
  Oid type;
  std::string_view name;
};
/// Names of the other types in common use.
constexpr TypeName kTypeNames[] = {
    {18, "char"},          {142, "xml"},        {600, "point"},      {602, "path"},
    {603, "box"},          {604, "polygon"},    {650, "cidr"},       {790, "money"},
    {829, "macaddr"},      {869, "inet"},       {1000, "boolean[]"}, {1005, "smallint[]"},
    {1007, "integer[]"},   {1009, "text[]"},    {1015, "varchar[]"}, {1016, "bigint[]"},
    {1022, "float8[]"},    {1082, "date"},      {1083, "time"},      {1114, "timestamp"},
    {1184, "timestamptz"}, {1186, "interval"},  {1231, "numeric[]"}, {1266, "timetz"},
    {1560, "bit"},         {1562, "varbit"},    {1700, "numeric"},   {2951, "uuid[]"},
    {3614, "tsvector"},    {3615, "tsquery"},   {3904, "int4range"}, {3908, "tsrange"},
    {3910, "tstzrange"},   {3912, "daterange"}, {3926, "int8range"}, {700, "float4"},
    {701, "float8"},
};

Value other(Oid type, std::string_view text) {
  const auto* const found = std::ranges::find(kTypeNames, type, &TypeName::type);
  std::string name =
      found == std::end(kTypeNames) ? fmt::format("oid {}", type) : std::string(found->name);
  return Value::make<Value::kOther>(std::tuple(std::move(name), std::string(text)));
}

template <typename Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

/// "\x00ff" as bytes.
std::optional<Bytes> bytes_of(std::string_view text) {
  if (!text.starts_with("\\x")) return std::nullopt;
  auto bytes = from_hex(text.substr(2));
  if (!bytes) return std::nullopt;
  return *std::move(bytes);
}

std::unexpected<host::GuestError> bad_value(std::size_t number, std::string_view what) {
  return host::refuse(GuestCode::kInvalid, "parameter ${} is no {}", number, what);
}

}  // namespace

void PostgresParams::add_text(Oid type, const std::string& borrowed) {
  types_.push_back(type);
  values_.push_back(borrowed.c_str());
  lengths_.push_back(static_cast<int>(borrowed.size()));
  formats_.push_back(0);
}

void PostgresParams::add_made(Oid type, std::string text) {
  add_text(type, *made_.emplace_back(std::make_unique<std::string>(std::move(text))));
}

host::Outcome PostgresParams::read(const std::vector<Value>& params) {
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (auto added = add(params[i], i + 1); !added) return added;
  }
  return {};
}

host::Outcome PostgresParams::add(const Value& value, std::size_t number) {
  const auto& it = value.value;
  const auto text = [&](Oid type, const std::string& borrowed) -> host::Outcome {
    if (borrowed.find('\0') != std::string::npos) return bad_value(number, "text without zeros");
    add_text(type, borrowed);
    return {};
  };
  const auto made = [&](Oid type, std::optional<std::string> written,
                        std::string_view what) -> host::Outcome {
    if (!written) return bad_value(number, what);
    add_made(type, *std::move(written));
    return {};
  };
  switch (value.kind()) {
    case Value::kNull:
      types_.push_back(0);
      values_.push_back(nullptr);
      lengths_.push_back(0);
      formats_.push_back(0);
      return {};
    case Value::kBoolean:
      return made(kBool, std::get<Value::kBoolean>(it) ? "t" : "f", "");
    case Value::kInteger:
      return made(kInt8, fmt::format("{}", std::get<Value::kInteger>(it)), "");
    case Value::kDouble:
      return made(kFloat8, fmt::format("{}", std::get<Value::kDouble>(it)), "");
    case Value::kDecimal: {
      const std::string& digits = std::get<Value::kDecimal>(it);
      return is_decimal(digits) ? text(kNumeric, digits) : bad_value(number, "decimal number");
    }
    case Value::kText:
      return text(kText, std::get<Value::kText>(it));
    case Value::kBlob: {
      const Bytes& blob = std::get<Value::kBlob>(it);
      types_.push_back(kBytea);
      values_.push_back(blob.empty() ? "" : reinterpret_cast<const char*>(blob.data()));
      lengths_.push_back(static_cast<int>(blob.size()));
      formats_.push_back(1);
      return {};
    }
    case Value::kDate:
      return made(kDate, date_text(std::get<Value::kDate>(it)), "date in the years 1 to 9999");
    case Value::kTime:
      return made(kTime, time_text(std::get<Value::kTime>(it)), "time of a day");
    case Value::kTimestamp: {
      auto written = timestamp_text(std::get<Value::kTimestamp>(it));
      if (written) *written += "+00";
      return made(kTimestamptz, std::move(written), "time in the years 1 to 9999");
    }
    case Value::kUuid: {
      const std::string& digits = std::get<Value::kUuid>(it);
      return is_uuid(digits) ? text(kUuid, digits) : bad_value(number, "uuid");
    }
    case Value::kJson:
      return text(kJson, std::get<Value::kJson>(it));
    case Value::kOther:
      return text(0, std::get<1>(std::get<Value::kOther>(it)));
  }
  return bad_value(number, "known value");
}

std::vector<std::string> columns_of(const PGresult* result) {
  std::vector<std::string> columns;
  for (int column = 0; column < PQnfields(result); ++column) {
    columns.push_back(clean_message(PQfname(result, column)));
  }
  return columns;
}

Value value_of(Oid type, std::string_view text) {
  switch (type) {
    case kBool:
      return Value::make<Value::kBoolean>(text == "t");
    case kInt2:
    case kInt4:
    case kInt8:
    case kOidType:
      if (const auto number = number_of<std::int64_t>(text)) {
        return Value::make<Value::kInteger>(*number);
      }
      break;
    case kFloat4:
    case kFloat8:
      if (const auto number = number_of<double>(text)) return Value::make<Value::kDouble>(*number);
      break;
    case kNumeric:
      if (is_decimal(text)) return Value::make<Value::kDecimal>(text);
      break;
    case kText:
    case kVarchar:
    case kBpchar:
    case kName:
    case kUnknown:
      return Value::make<Value::kText>(text);
    case kBytea:
      if (auto bytes = bytes_of(text)) return Value::make<Value::kBlob>(*std::move(bytes));
      break;
    case kDate:
      if (const auto days = parse_date(text)) return Value::make<Value::kDate>(*days);
      break;
    case kTime:
      if (const auto time = parse_time(text)) return Value::make<Value::kTime>(*time);
      break;
    case kTimestamp:
    case kTimestamptz:
      if (const auto time = parse_timestamp(text)) return Value::make<Value::kTimestamp>(*time);
      break;
    case kUuid:
      if (is_uuid(text)) return Value::make<Value::kUuid>(text);
      break;
    case kJson:
    case kJsonb:
      return Value::make<Value::kJson>(text);
    default:
      break;
  }
  return other(type, text);
}

void read_row(const PGresult* result, int row, RowsWriter& out) {
  out.begin_row();
  for (int column = 0; column < PQnfields(result); ++column) {
    if (PQgetisnull(result, row, column) != 0) {
      out.add(Value{});
      continue;
    }
    const std::string_view text(PQgetvalue(result, row, column),
                                static_cast<std::size_t>(PQgetlength(result, row, column)));
    if (wasm::is_valid_utf8(as_bytes(text))) {
      out.add(value_of(PQftype(result, column), text));
    } else {
      out.add_blob(as_bytes(text));  // of a database without an encoding
    }
  }
}

std::uint64_t changed_by(PGresult* result) {
  const std::string_view command = PQcmdStatus(result);
  const auto begins = [&](std::string_view word) { return command.starts_with(word); };
  if (!begins("INSERT") && !begins("UPDATE") && !begins("DELETE") && !begins("MERGE")) return 0;
  return number_of<std::uint64_t>(PQcmdTuples(result)).value_or(0);
}

GuestCode code_of_state(std::string_view state) {
  if (state == "42501") return GuestCode::kDenied;
  if (state == "08P01") return GuestCode::kInvalid;  // another number of parameters
  if (state == "55P03") return GuestCode::kBusy;
  if (state == "57014") return GuestCode::kCancelled;
  struct Class {
    std::string_view prefix;
    GuestCode code;
  };
  constexpr Class kClasses[] = {
      {"0A", GuestCode::kUnsupported}, {"08", GuestCode::kUnreachable},
      {"22", GuestCode::kInvalid},     {"23", GuestCode::kConflict},
      {"25", GuestCode::kInvalid},     {"26", GuestCode::kInvalid},
      {"28", GuestCode::kDenied},      {"34", GuestCode::kInvalid},
      {"3D", GuestCode::kNotFound},    {"40", GuestCode::kConflict},
      {"42", GuestCode::kInvalid},     {"53", GuestCode::kFull},
      {"54", GuestCode::kTooLarge},    {"55", GuestCode::kConflict},
      {"57", GuestCode::kUnreachable}, {"58", GuestCode::kIo},
  };
  const auto* const found =
      std::ranges::find(kClasses, state.substr(0, 2), [](const Class& it) { return it.prefix; });
  return found == std::end(kClasses) ? GuestCode::kRemote : found->code;
}

std::string clean_message(std::string_view text) {
  std::string clean(text.substr(0, kMessageBytesMax));
  while (!clean.empty() && !wasm::is_valid_utf8(as_bytes(clean))) clean.pop_back();
  while (!clean.empty() && (clean.back() == '\n' || clean.back() == ' ')) clean.pop_back();
  std::ranges::replace(clean, '\n', ' ');
  return clean;
}

host::GuestError postgres_error(const PGresult* result) {
  const char* const state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* const message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  host::GuestError error;
  error.code = code_of_state(state == nullptr ? "" : state);
  error.detail = clean_message(state == nullptr ? "" : state);
  error.message = clean_message(message == nullptr ? PQresultErrorMessage(result) : message);
  if (error.detail.starts_with("40")) error.retry_ms = 10;  // a conflict that may not come again
  return error;
}

host::GuestError connection_error(const PGconn* connection, GuestCode code) {
  return {code, "", clean_message(PQerrorMessage(connection)), 1000};
}

}  // namespace theater::hosts::database
