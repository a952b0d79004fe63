// FakeHost: redis, database and operation answered in memory.
#include <algorithm>

#include "fake_support.h"
#include "theater/fake_host.h"

namespace theater::testing {

void FakeHost::answer_redis() {
  auto& hooks = actor::redis::hooks();
  const auto start = [this](RedisCall call) -> actor::types::Started {
    call.id = begin_operation();
    effects_.push_back([this, call] { redis_calls.push_back(call); });
    return call.id;
  };
  hooks.commands = [start](std::string_view server, wit::List<wit::List<wit::Bytes>> commands) {
    RedisCall call{};
    call.server = server;
    for (const auto& command : commands) {
      auto& words = call.commands.emplace_back();
      for (const wit::Bytes word : command) words.push_back(text_of(word));
    }
    return start(std::move(call));
  };
  hooks.subscribe = [start](std::string_view server, wit::List<wit::String> channels,
                            wit::List<wit::String> patterns) {
    RedisCall call{};
    call.server = server;
    call.channels.assign(channels.begin(), channels.end());
    call.patterns.assign(patterns.begin(), patterns.end());
    return start(std::move(call));
  };
}

Value FakeHost::keep_value(const Value& value) {
  const Cell cell(&value);
  if (const auto text = cell.text()) return Value::make_text(keep(*text));
  if (const auto bytes = cell.blob()) return Value::make_blob(as_bytes(keep(as_text(*bytes))));
  if (const auto digits = cell.decimal()) return Value::make_decimal(keep(*digits));
  if (const auto uuid = cell.uuid()) return Value::make_uuid(keep(*uuid));
  if (const auto json = cell.json()) return Value::make_json(keep(*json));
  if (const auto other = cell.other()) {
    return Value::make_other({keep(other->first), keep(other->second)});
  }
  return value;
}

DatabaseCall FakeHost::database_call(DatabaseCall::Kind kind, std::string_view database,
                                     wit::List<actor::database_types::Statement> statements) {
  DatabaseCall call{};
  call.kind = kind;
  call.database = database;
  for (const auto& statement : statements) {
    SentStatement& mine = call.statements.emplace_back();
    mine.sql = statement.sql;
    for (const Value& value : statement.params) mine.params.push_back(keep_value(value));
    if (statement.expect_changed) mine.expect_changed = *statement.expect_changed;
  }
  return call;
}

actor::types::Started FakeHost::start(DatabaseCall call) {
  call.id = begin_operation();
  effects_.push_back([this, call] { database_calls.push_back(call); });
  return call.id;
}

void FakeHost::answer_database() {
  auto& hooks = actor::database::hooks();
  using Statement = actor::database_types::Statement;
  using Kind = DatabaseCall::Kind;
  hooks.query = [this](std::string_view name, const Statement& statement, std::uint32_t rows) {
    DatabaseCall call = database_call(Kind::kQuery, name, {&statement, 1});
    call.rows_per_part = rows;
    return start(std::move(call));
  };
  hooks.query_wait =
      [this](std::string_view name,
             const Statement& statement) -> decltype(actor::database::query_wait(name, statement)) {
    const DatabaseCall& call =
        database_calls.emplace_back(database_call(Kind::kQueryNow, name, {&statement, 1}));
    if (!on_query_now) return failed(Code::kUnreachable, "no on_query_now");
    return tables_.emplace_back(on_query_now(call)).get();
  };
  hooks.execute = [this](std::string_view name, const Statement& statement) {
    return start(database_call(Kind::kExecute, name, {&statement, 1}));
  };
  hooks.transaction = [this](std::string_view name, actor::database_types::Isolation isolation,
                             wit::List<Statement> statements) {
    DatabaseCall call = database_call(Kind::kTransaction, name, statements);
    call.isolation = isolation;
    return start(std::move(call));
  };
  hooks.listen = [this](std::string_view name, std::string_view channel) {
    DatabaseCall call = database_call(Kind::kListen, name, {});
    call.channel = channel;
    return start(std::move(call));
  };
}

void FakeHost::answer_operation() {
  auto& hooks = actor::operation::hooks();
  const auto is_there = [this](std::uint64_t id) {
    return std::ranges::count(pending, id) + std::ranges::count(begun_, id) > 0;
  };
  hooks.status = [is_there](std::uint64_t id) -> decltype(actor::operation::status(id)) {
    if (!is_there(id)) return failed(Code::kNotFound, "no such operation");
    return wit::Tuple<actor::operation::Phase, std::uint64_t>{actor::operation::Phase::kRunning, 0};
  };
  hooks.pending = [this] {
    pending_ = pending;
    pending_.insert(pending_.end(), begun_.begin(), begun_.end());
    return wit::List<std::uint64_t>(pending_);
  };
  hooks.more = [this, is_there](std::uint64_t id, std::uint32_t credit) -> Outcome {
    if (!is_there(id)) return failed(Code::kNotFound, "no such operation");
    effects_.push_back([this, id, credit] { credits[id] += credit; });
    return {};
  };
  hooks.cancel = [this, is_there](std::uint64_t id) -> Outcome {
    if (!is_there(id)) return failed(Code::kNotFound, "no such operation");
    effects_.push_back([this, id] { cancelled.insert(id); });
    return {};
  };
  hooks.watch = [this, is_there](std::uint64_t id, std::uint32_t every_ms) -> Outcome {
    if (!is_there(id)) return failed(Code::kNotFound, "no such operation");
    effects_.push_back([this, id, every_ms] {
      watched.erase(id);
      if (every_ms > 0) watched[id] = std::chrono::milliseconds(every_ms);
    });
    return {};
  };
  hooks.collect = [this](std::uint64_t id, std::uint64_t offset,
                         std::uint32_t most) -> actor::types::Data {
    const auto found = kept.find(id);
    if (found == kept.end()) return failed(Code::kNotFound, "nothing is kept of it");
    const BytesView content(found->second);
    const std::size_t begin = std::min<std::uint64_t>(offset, content.size());
    return content.subspan(begin, std::min<std::size_t>(most, content.size() - begin));
  };
}

}  // namespace theater::testing
