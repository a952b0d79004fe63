// The types of wit/database.wit.
#pragma once

#include <array>
#include <variant>

#include "host/wit_types.h"

namespace theater::hosts::database {

/// The WIT enum `isolation`.
enum class Isolation : std::uint8_t { kReadCommitted, kRepeatableRead, kSerializable };

/// The WIT variant `value`. The same type several times: the case decides.
struct Value {
  static constexpr std::array<std::string_view, 13> kWitCases{
      "null", "boolean", "integer",      "double", "decimal", "text", "blob",
      "date", "time-us", "timestamp-us", "uuid",   "json",    "other"};
  enum Case : std::size_t {
    kNull,
    kBoolean,
    kInteger,
    kDouble,
    kDecimal,
    kText,
    kBlob,
    kDate,
    kTime,
    kTimestamp,
    kUuid,
    kJson,
    kOther,
  };
  std::variant<std::monostate, bool, std::int64_t, double, std::string, std::string, Bytes,
               std::int32_t, std::int64_t, std::int64_t, std::string, std::string,
               std::tuple<std::string, std::string>>
      value;

  Case kind() const { return static_cast<Case>(value.index()); }
  bool operator==(const Value&) const = default;

  template <Case kCase, typename... Args>
  static Value make(Args&&... args) {
    Value made;
    made.value.emplace<kCase>(std::forward<Args>(args)...);
    return made;
  }
};

/// The WIT record `statement`.
struct Statement {
  std::string sql;
  std::vector<Value> params;
  std::optional<std::uint64_t> expect_changed;
  static constexpr auto wit_members() {
    return std::tuple{wasm::field("sql", &Statement::sql),
                      wasm::field("params", &Statement::params),
                      wasm::field("expect-changed", &Statement::expect_changed)};
  }
};

/// The WIT record `rows`.
struct Rows {
  std::vector<std::string> columns;
  std::vector<std::vector<Value>> rows;
  std::uint64_t changed = 0;
  std::optional<std::int64_t> last_id;
  bool operator==(const Rows&) const = default;
  static constexpr auto wit_members() {
    return std::tuple{wasm::field("columns", &Rows::columns), wasm::field("rows", &Rows::rows),
                      wasm::field("changed", &Rows::changed),
                      wasm::field("last-id", &Rows::last_id)};
  }
};

/// What `query-wait` answers; what `ended` says.
using Answer = std::expected<Rows, host::GuestError>;
using Ending = std::expected<std::vector<Rows>, host::GuestError>;

/// The WIT variant `payload`.
struct Payload {
  static constexpr std::array<std::string_view, 4> kWitCases{"part", "notified", "gap", "ended"};
  enum Case : std::size_t { kPart, kNotified, kGap, kEnded };
  std::variant<Rows, std::string, std::uint64_t, Ending> value;
};

}  // namespace theater::hosts::database

template <>
struct theater::wasm::WitLabels<theater::hosts::database::Isolation> {
  static constexpr std::array<std::string_view, 3> kLabels{"read-committed", "repeatable-read",
                                                           "serializable"};
};
