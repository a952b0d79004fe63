// The database family: SQLite and PostgreSQL by one interface.
#pragma once

#include <concepts>
#include <deque>
#include <string_view>
#include <vector>

#include "theater/actor.h"
#include "theater/database_rows.h"

namespace theater {

using Isolation = actor::database_types::Isolation;
/// The id of what was started, or why it was not.
using Started = actor::types::Started;

/// Values of parameters from those of C++; the rarer kinds by Value::make_uuid and the like.
inline Value to_value(std::same_as<bool> auto value) { return Value::make_boolean(value); }
template <std::integral Number>
  requires(!std::same_as<Number, bool>)
inline Value to_value(Number value) {
  return Value::make_integer(static_cast<std::int64_t>(value));
}
inline Value to_value(double value) { return Value::make_double(value); }
inline Value to_value(std::string_view value) { return Value::make_text(value); }
inline Value to_value(const char* value) { return Value::make_text(value); }
inline Value to_value(BytesView value) { return Value::make_blob(value); }
inline Value to_value(std::nullptr_t) { return Value::make_null(); }
inline const Value& to_value(const Value& value) { return value; }

/// One database, by its name in the manifest. What is started begins when the invocation is
/// committed; its end is an event of DatabaseHandler. Parameters are `$1`, `$2`, ...
class Database {
 public:
  explicit Database(std::string_view name) : name_(name) {}

  /// Reads; the rows arrive with the end.
  template <class... Params>
  Started query(std::string_view sql, const Params&... params) const {
    return query_parts(0, sql, params...);
  }
  /// Reads; the rows arrive in parts of at most so many, each an on_rows.
  template <class... Params>
  Started query_parts(std::uint32_t rows_per_part, std::string_view sql,
                      const Params&... params) const {
    return with_statement(
        {}, sql,
        [&](const auto& statement) {
          return actor::database::query(name_, statement, rows_per_part);
        },
        params...);
  }
  /// Reads, and waits for the rows. Repeated with its invocation after a crash.
  template <class... Params>
  wit::Result<Rows, actor::types::Error> query_now(std::string_view sql,
                                                   const Params&... params) const {
    using Answer = wit::Result<Rows, actor::types::Error>;
    const auto answer = with_statement(
        {}, sql,
        [&](const auto& statement) { return actor::database::query_wait(name_, statement); },
        params...);
    return answer.ok() ? Answer(Rows(*answer)) : Answer(wit::Failure{answer.error()});
  }
  template <class... Params>
  Started execute(std::string_view sql, const Params&... params) const {
    return with_statement(
        {}, sql, [&](const auto& statement) { return actor::database::execute(name_, statement); },
        params...);
  }
  /// If it would change another number of rows, nothing happens: `conflict`.
  template <class... Params>
  Started execute_expecting(std::uint64_t changed, std::string_view sql,
                            const Params&... params) const {
    return with_statement(
        changed, sql,
        [&](const auto& statement) { return actor::database::execute(name_, statement); },
        params...);
  }
  /// Receives what is notified to the channel, until it is cancelled. PostgreSQL only.
  Started listen(std::string_view channel) const { return actor::database::listen(name_, channel); }

 private:
  template <class Call, class... Params>
  static auto with_statement(wit::Option<std::uint64_t> expected, std::string_view sql, Call call,
                             const Params&... params) {
    const Value values[sizeof...(params) + 1] = {to_value(params)...};
    return call(actor::database_types::Statement{sql, {values, sizeof...(params)}, expected});
  }

  std::string_view name_;
};

/// Statements that happen together or not at all.
///   theater::Transaction("bank").add("UPDATE ...", from, amount).expect_changed(1).start();
/// Texts and blobs among the parameters must live until start().
class Transaction {
 public:
  explicit Transaction(std::string_view database, Isolation isolation = Isolation::kSerializable)
      : database_(database), isolation_(isolation) {}

  template <class... Params>
  Transaction& add(std::string_view sql, const Params&... params) {
    const auto& values = values_.emplace_back(std::vector<Value>{to_value(params)...});
    statements_.push_back({sql, {values.data(), values.size()}, {}});
    return *this;
  }
  /// The statement added last must change so many rows, or all is undone: `conflict`.
  Transaction& expect_changed(std::uint64_t rows) {
    statements_.back().expect_changed = rows;
    return *this;
  }
  Started start() const { return actor::database::transaction(database_, isolation_, statements_); }

 private:
  std::string_view database_;
  Isolation isolation_;
  std::deque<std::vector<Value>> values_;
  std::vector<actor::database_types::Statement> statements_;
};

/// What comes of the operations. Views are valid during the call.
class DatabaseHandler : public virtual ActorCore, public actor::database_handler::Guest {
 public:
  StateResult handle_events(BytesView state, wit::List<actor::database_types::Event> events) final {
    return invoke(state, events, [this](const auto& event) { dispatch(event); });
  }

 protected:
  /// Part of a query's rows.
  virtual void on_rows(std::uint64_t operation, const Rows& part) { (void)operation, (void)part; }
  virtual void on_notification(std::uint64_t operation, std::string_view what) {
    (void)operation, (void)what;
  }
  /// So many notifications are missing; 0: nobody knows.
  virtual void on_gap(std::uint64_t operation, std::uint64_t dropped) {
    (void)operation, (void)dropped;
  }
  /// The last event of each operation is one of these two; one element a statement.
  virtual void on_done(std::uint64_t operation, const Results& results) = 0;
  virtual void on_failed(std::uint64_t operation, const actor::types::Error& error) = 0;

 private:
  void dispatch(const actor::database_types::Event& event) {
    using Tag = actor::database_types::Payload::Tag;
    const auto& payload = event.payload;
    switch (payload.tag) {
      case Tag::kPart:
        return on_rows(event.id, payload.part);
      case Tag::kNotified:
        return on_notification(event.id, payload.notified);
      case Tag::kGap:
        return on_gap(event.id, payload.gap);
      case Tag::kEnded:
        return payload.ended.ok() ? on_done(event.id, Results(payload.ended.value()))
                                  : on_failed(event.id, payload.ended.error());
    }
  }
};

}  // namespace theater
