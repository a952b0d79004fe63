// Desk: one actor's databases in tests, and what its actor would do around them.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>

#include "host/fake_actor.h"
#include "host/watchdog.h"
#include "hosts/database/family.h"
#include "hosts/database/instance.h"

namespace theater::hosts::database::testing {

/// A folder of its own, gone with it.
struct Folder {
  Folder() {
    static int made = 0;
    path = std::filesystem::temp_directory_path() /
           fmt::format("theater-database-{}-{}", ::getpid(), ++made);
    std::filesystem::create_directories(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string file(std::string_view name) const { return (path / name).string(); }
  std::filesystem::path path;
};

inline Statement sql(std::string text, std::vector<Value> params = {},
                     std::optional<std::uint64_t> expected = {}) {
  return {std::move(text), std::move(params), expected};
}
inline Value integer(std::int64_t number) { return Value::make<Value::kInteger>(number); }
inline Value text(std::string_view it) { return Value::make<Value::kText>(it); }

/// One instance. Time and tasks move when the test says so; descriptors are real ones.
struct Desk {
  enum Function : std::size_t { kQuery, kQueryWait, kExecute, kTransaction, kListen };
  struct Past {
    std::size_t function;
    Bytes arguments;
    std::uint64_t id;
  };

  host::FakeShard shard;
  host::FakeActor actor;
  std::unique_ptr<host::Family> family;
  std::unique_ptr<actor::FamilyInstance> made;
  std::uint64_t next_id = 1;
  std::vector<Past> history;  // starts that were committed
  std::vector<host::Event<Payload>> events;

  /// `watchdog`, if there is one, is put in front of the instance, which it outlives.
  explicit Desk(const std::string& grant, const io::Environment& variables = {},
                host::Watchdog* watchdog = nullptr)
      : family(make_family(variables)) {
    auto table = actor::parse_settings(grant, "/test.toml", {});
    CHECK(table, "the test's grant");
    const host::Context context{shard.services, actor};
    auto created = watchdog != nullptr ? watchdog->create(*family, *table, context)
                                       : family->create(*table, context);
    EXPECT_TRUE(created) << created.error().message;
    made = *std::move(created);
  }
  ~Desk() {
    made->stop(actor::StopMode::kKill);
    EXPECT_TRUE(made->census().is_empty());
    EXPECT_EQ(shard.executor.timer_count(), 0u);
    made.reset();
    shard.executor.run();  // what workers still hold
  }

  /// A call; a start of an operation is in the invocation until commit().
  host::Started call(Function function, Bytes arguments) {
    Bytes result;
    const auto outcome = made->call(function, arguments, {Seq{7}, 0, next_id}, result);
    EXPECT_NE(outcome, actor::CallOutcome::kTrap) << as_text(result);
    auto started = *wasm::from_binary<host::Started>(result);
    if (started) history.push_back({function, std::move(arguments), next_id++});
    return started;
  }
  void commit() { made->settle(actor::Settlement::kCommitted); }
  /// Performs the committed starts from `first` on.
  void perform(std::size_t first = 0) {
    for (std::size_t i = first; i < history.size(); ++i) {
      const Past& it = history[i];
      made->perform({it.function, it.arguments, it.id, Seq{100 + it.id}, 0});
    }
  }
  std::uint64_t start(Function function, Bytes arguments) {
    const auto started = call(function, std::move(arguments));
    EXPECT_TRUE(started) << started.error().message;
    commit();
    perform(history.size() - 1);
    return started ? *started : 0;
  }
  std::uint64_t execute(const Statement& statement, const std::string& name = "d") {
    return start(kExecute, host::arguments_of(name, statement));
  }
  std::uint64_t query(const Statement& statement, std::uint32_t rows_per_part = 0) {
    return start(kQuery, host::arguments_of(std::string("d"), statement, rows_per_part));
  }
  std::uint64_t transaction(const std::vector<Statement>& statements,
                            Isolation isolation = Isolation::kReadCommitted) {
    return start(kTransaction, host::arguments_of(std::string("d"), isolation, statements));
  }
  std::uint64_t listen(const std::string& channel) {
    return start(kListen, host::arguments_of(std::string("d"), channel));
  }

  /// Takes what waits; its invocation commits.
  void take() {
    actor::EventBatch batch({});
    while (made->events()->has_events()) {
      batch.clear();
      made->events()->take(batch);
      for (std::size_t i = 0; i < batch.size(); ++i) {
        events.push_back(*wasm::from_binary<host::Event<Payload>>(batch[i]));
        if (const auto* origin = batch.origin(i)) {
          made->operations()->delivered(origin->operation);
        }
      }
      commit();
    }
  }
  /// Runs tasks, and real descriptors, until `is_done` or for ten seconds.
  bool wait(const std::function<bool()>& is_done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (true) {
      shard.executor.run();
      take();
      if (is_done()) return true;
      if (std::chrono::steady_clock::now() > end) return false;
      if (shard.executor.task_count() == 0) shard.descriptors.poll_for(Milliseconds(20));
    }
  }
  const Ending* ending(std::uint64_t id) const {
    for (const auto& event : events) {
      if (event.id != id) continue;
      if (const auto* end = std::get_if<Payload::kEnded>(&event.payload.value)) return end;
    }
    return nullptr;
  }
  std::size_t endings(std::uint64_t id) const {
    return static_cast<std::size_t>(std::ranges::count_if(events, [&](const auto& event) {
      return event.id == id && event.payload.value.index() == Payload::kEnded;
    }));
  }
  /// The end of an operation, waited for.
  Ending end_of(std::uint64_t id) {
    EXPECT_TRUE(wait([&] { return ending(id) != nullptr; })) << "operation " << id;
    EXPECT_EQ(endings(id), 1u);
    const Ending* const end = ending(id);
    return end != nullptr ? *end : Ending();
  }
  host::GuestCode error_of(std::uint64_t id) {
    const Ending end = end_of(id);
    EXPECT_FALSE(end);
    return end ? host::GuestCode::kInternal : end.error().code;
  }
  /// The first value of a query's only row.
  Value value_of(const std::string& query_text) {
    const Ending end = end_of(query(sql(query_text)));
    EXPECT_TRUE(end) << end.error().message;
    if (!end || end->front().rows.empty()) return Value{};
    return end->front().rows.front().front();
  }
};

/// Gives `fresh` the history of `old` as a restart does: starts, and the ends that were recorded.
inline void restart(const Desk& old, Desk& fresh) {
  for (const Desk::Past& it : old.history) {
    ASSERT_TRUE(fresh.made->fold_effect({it.function, it.arguments, it.id, Seq{100 + it.id}, 0},
                                        fresh.shard.clock.wall()));
  }
  for (const auto& record : old.actor.records) {
    actor::OperationPast past{{record.id, record.phase, record.attempt}, record.event, {}};
    past.origin.operation = record.id;
    past.origin.reference.seq = {77};
    ASSERT_TRUE(fresh.made->operations()->fold_record(past));
  }
  fresh.history = old.history;
  fresh.next_id = old.next_id;
  ASSERT_TRUE(fresh.made->recover());
  fresh.actor.write_records(*fresh.made->operations());
}

}  // namespace theater::hosts::database::testing
