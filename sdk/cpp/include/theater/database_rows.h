// The rows that a database gave, read by kind: a value of another kind, NULL, or a column that is
// not there is nothing, never something else.
//
//   for (const theater::Row& row : rows) {
//     log::info(row["number"].integer().value_or(0), " ", row["body"].text().value_or(""));
//   }
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "theater/actor.h"

namespace theater {

using Value = actor::database_types::Value;

/// One value of a row. Valid as long as its rows.
class Cell {
 public:
  /// Nothing: of a column that is not there.
  explicit Cell(const Value* value) : value_(value) {}

  bool is_missing() const { return value_ == nullptr; }
  bool is_null() const { return value_ != nullptr && value_->is_null(); }

  std::optional<bool> boolean() const { return pick(Value::Tag::kBoolean, &Value::boolean); }
  std::optional<std::int64_t> integer() const {
    return pick(Value::Tag::kInteger, &Value::integer);
  }
  std::optional<double> real() const { return pick(Value::Tag::kDouble, &Value::double_); }
  std::optional<std::string_view> decimal() const {
    return pick(Value::Tag::kDecimal, &Value::decimal);
  }
  std::optional<std::string_view> text() const { return pick(Value::Tag::kText, &Value::text); }
  std::optional<BytesView> blob() const { return pick(Value::Tag::kBlob, &Value::blob); }
  /// Days since 1970-01-01.
  std::optional<std::int32_t> date() const { return pick(Value::Tag::kDate, &Value::date); }
  /// Microseconds since midnight.
  std::optional<std::int64_t> time_us() const { return pick(Value::Tag::kTimeUs, &Value::time_us); }
  /// Microseconds since 1970-01-01 00:00 UTC.
  std::optional<std::int64_t> timestamp_us() const {
    return pick(Value::Tag::kTimestampUs, &Value::timestamp_us);
  }
  std::optional<std::string_view> uuid() const { return pick(Value::Tag::kUuid, &Value::uuid); }
  std::optional<std::string_view> json() const { return pick(Value::Tag::kJson, &Value::json); }
  /// Of any other type: its name, and the value as the database writes it.
  std::optional<std::pair<std::string_view, std::string_view>> other() const {
    if (value_ == nullptr || !value_->is_other()) return std::nullopt;
    const auto& [type, text] = value_->other;
    return std::pair(type, text);
  }

  /// By the type of C++: bool, integers (nothing if the value is out of the type's range), double,
  /// string_view and string of a text, BytesView of a blob.
  template <class T>
  std::optional<T> get() const {
    if constexpr (std::same_as<T, bool>) {
      return boolean();
    } else if constexpr (std::integral<T>) {
      const auto found = integer();
      if (!found || !std::in_range<T>(*found)) return std::nullopt;
      return static_cast<T>(*found);
    } else if constexpr (std::same_as<T, double>) {
      return real();
    } else if constexpr (std::same_as<T, std::string>) {
      const auto found = text();
      if (!found) return std::nullopt;
      return std::string(*found);
    } else if constexpr (std::same_as<T, std::string_view>) {
      return text();
    } else {
      static_assert(std::same_as<T, BytesView>, "ask for it by its own function");
      return blob();
    }
  }

  /// For a statement's parameter; NULL where it is missing.
  Value value() const { return value_ == nullptr ? Value::make_null() : *value_; }

 private:
  template <class T>
  std::optional<T> pick(Value::Tag kind, T Value::* member) const {
    if (value_ == nullptr || value_->tag != kind) return std::nullopt;
    return value_->*member;
  }

  const Value* value_;
};

/// One row: its cells by the place or the name of their column. Valid as long as its rows.
class Row {
 public:
  Row(wit::List<wit::String> columns, wit::List<Value> values)
      : columns_(columns), values_(values) {}

  std::size_t size() const { return values_.size(); }
  Cell operator[](std::size_t place) const {
    return Cell(place < values_.size() ? &values_[place] : nullptr);
  }
  /// The first column of that name.
  Cell operator[](std::string_view column) const {
    for (std::size_t place = 0; place < columns_.size(); ++place) {
      if (columns_[place] == column) return (*this)[place];
    }
    return Cell(nullptr);
  }

 private:
  wit::List<wit::String> columns_;
  wit::List<Value> values_;
};

/// What a statement gave. A view: valid as long as what the host passed.
class Rows {
 public:
  class Iterator {
   public:
    using difference_type = std::ptrdiff_t;
    using value_type = Row;
    Iterator() = default;
    Iterator(const Rows* rows, std::size_t place) : rows_(rows), place_(place) {}
    Row operator*() const { return (*rows_)[place_]; }
    Iterator& operator++() {
      ++place_;
      return *this;
    }
    Iterator operator++(int) { return std::exchange(*this, Iterator(rows_, place_ + 1)); }
    friend bool operator==(Iterator, Iterator) = default;

   private:
    const Rows* rows_ = nullptr;
    std::size_t place_ = 0;
  };

  Rows() = default;
  Rows(const actor::database_types::Rows& rows) : rows_(rows) {}

  std::size_t size() const { return rows_.rows.size(); }
  bool empty() const { return rows_.rows.empty(); }
  wit::List<wit::String> columns() const { return rows_.columns; }
  /// Without cells if there is no such row.
  Row operator[](std::size_t place) const {
    return {rows_.columns, place < size() ? rows_.rows[place] : wit::List<Value>()};
  }
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size()}; }
  /// Rows inserted, updated or deleted.
  std::uint64_t changed() const { return rows_.changed; }
  /// SQLite: the rowid of the last insert.
  std::optional<std::int64_t> last_id() const {
    if (!rows_.last_id) return std::nullopt;
    return *rows_.last_id;
  }

 private:
  actor::database_types::Rows rows_{};
};

/// What the statements of an operation gave, in their order.
class Results {
 public:
  explicit Results(wit::List<actor::database_types::Rows> results) : results_(results) {}

  std::size_t size() const { return results_.size(); }
  /// Without rows if there is no such statement.
  Rows operator[](std::size_t statement) const {
    return statement < size() ? Rows(results_[statement]) : Rows();
  }

 private:
  wit::List<actor::database_types::Rows> results_;
};

}  // namespace theater
