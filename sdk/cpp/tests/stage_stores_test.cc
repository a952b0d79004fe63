// What an actor asks of databases and redis servers is recorded with its parameters, once its
// invocation ended well; replies, rows and errors that the test plays back reach its handlers.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "theater/database.h"
#include "theater/operation.h"
#include "theater/redis.h"
#include "theater/runtime.h"
#include "theater/testing.h"

namespace theater {
namespace {

using actor::types::Code;
using testing::DatabaseCall;
using testing::make_error;
using testing::Stage;
using testing::Table;

/// Asks all there is to ask, and writes down what comes.
class Archivist : public Actor<>, public DatabaseHandler, public RedisHandler {
  void on_init(BytesView params) override {
    const std::string scratch = "gone when the call is over";
    const Database notes("notes");
    notes.query_parts(10, "SELECT $1", scratch);
    notes.execute_expecting(1, "UPDATE", 7, nullptr, Value::make_json(scratch));
    Transaction("bank", Isolation::kRepeatableRead)
        .add("A", 1.5)
        .add("B")
        .expect_changed(2)
        .start();
    notes.listen("news");
    Redis("cache").commands({{"GET", "a"}, {"DEL", "b", "c"}});
    Redis("cache").subscribe({"news"}, {"chat.*"});
    if (as_text(params) == "fail") return fail("no");
    const auto rows = notes.query_now("SELECT now", true);
    log::info(rows.ok() ? (*rows)[0]["n"].text().value_or("?") : name_of(rows.error().code));
    log::info(pending_operations().size());
  }
  void on_rows(std::uint64_t, const Rows& part) override { log::info("part ", part.size()); }
  void on_done(std::uint64_t operation, const Results& results) override {
    log::info("done ", results[0][0]["n"].integer().value_or(-1), " ", results[1].changed());
    log::info(Operation(operation).status().ok());
  }
  void on_notification(std::uint64_t, std::string_view what) override { log::info(what); }
  void on_failed(std::uint64_t, const actor::types::Error& error) override {
    log::info(name_of(error.code), " ", error.message);
  }
  void on_replies(std::uint64_t, const RedisReplies& replies) override {
    log::info(replies[0].string().value_or("?"), " ", replies[1].integer().value_or(-1));
  }
  void on_published(std::uint64_t, std::string_view channel, BytesView body) override {
    log::info(channel, ": ", as_text(body));
  }
};

using Lines = std::vector<std::string>;
/// What was logged since the start of the actor.
Lines lines(Stage<Archivist>& stage) {
  Lines all;
  for (const auto& line : stage.host().log) all.push_back(line.text);
  return {all.begin() + 2, all.end()};
}

TEST(StageStores, RecordStatementsWithTheirParameters) {
  Stage<Archivist> stage;
  const auto& calls = stage.host().database_calls;
  ASSERT_EQ(calls.size(), 5u);
  EXPECT_EQ(calls[0].kind, DatabaseCall::Kind::kQueryNow);  // it is not undone, so it comes first
  EXPECT_EQ(Cell(&calls[0].statements[0].params[0]).boolean(), true);
  EXPECT_EQ(calls[1].kind, DatabaseCall::Kind::kQuery);
  EXPECT_EQ(calls[1].database, "notes");
  EXPECT_EQ(calls[1].rows_per_part, 10u);
  EXPECT_EQ(Cell(&calls[1].statements[0].params[0]).text(), "gone when the call is over");
  EXPECT_EQ(calls[2].statements[0].expect_changed, 1u);
  EXPECT_EQ(Cell(&calls[2].statements[0].params[0]).integer(), 7);
  EXPECT_TRUE(Cell(&calls[2].statements[0].params[1]).is_null());
  EXPECT_EQ(Cell(&calls[2].statements[0].params[2]).json(), "gone when the call is over");
  EXPECT_EQ(calls[3].isolation, Isolation::kRepeatableRead);
  ASSERT_EQ(calls[3].statements.size(), 2u);
  EXPECT_EQ(calls[3].statements[1].sql, "B");
  EXPECT_EQ(calls[3].statements[1].expect_changed, 2u);
  EXPECT_EQ(calls[4].channel, "news");
}

TEST(StageStores, RecordCommandsAndSubscriptions) {
  Stage<Archivist> stage;
  const auto& calls = stage.host().redis_calls;
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[0].server, "cache");
  EXPECT_EQ(calls[0].commands, (std::vector<Lines>{{"GET", "a"}, {"DEL", "b", "c"}}));
  EXPECT_EQ(calls[1].channels, Lines{"news"});
  EXPECT_EQ(calls[1].patterns, Lines{"chat.*"});
}

TEST(StageStores, AFailedInvocationHasAskedNothing) {
  Stage<Archivist> stage("fail");
  EXPECT_TRUE(stage.host().database_calls.empty());
  EXPECT_TRUE(stage.host().redis_calls.empty());
  EXPECT_TRUE(stage.host().pending.empty());
}

TEST(StageStores, DeliverRowsAndErrors) {
  Stage<Archivist> stage;
  EXPECT_EQ(stage.host().log[0].text, "unreachable");
  EXPECT_EQ(stage.host().log[1].text, "6");
  const auto& calls = stage.host().database_calls;
  stage.gave_part(calls[1].id, {.columns = {"n"}, .rows = {{to_value(1)}, {to_value(2)}}});
  stage.gave(calls[3].id, {{.columns = {"n"}, .rows = {{to_value(5)}}}, {.changed = 2}});
  stage.database(calls[4].id, actor::database_types::Payload::make_notified("moved"));
  stage.database_failed(calls[2].id, make_error(Code::kConflict, "one row too many"));
  EXPECT_EQ(lines(stage),
            (Lines{"part 2", "done 5 2", "true", "moved", "conflict one row too many"}));
  EXPECT_EQ(stage.host().pending.size(), 4u);
}

TEST(StageStores, DeliverRepliesAndMessages) {
  Stage<Archivist> stage;
  const auto& calls = stage.host().redis_calls;
  stage.published(calls[1].id, "chat.1", "hi");
  stage.replied(calls[0].id,
                {RedisValue::make_blob(as_bytes("value")), RedisValue::make_integer(2)});
  stage.redis_failed(calls[1].id, make_error(Code::kCancelled));
  EXPECT_EQ(lines(stage), (Lines{"chat.1: hi", "value 2", "cancelled "}));
}

TEST(StageStores, AnswerWhatTheActorWaitsFor) {
  Stage<Archivist> stage("", [](testing::FakeHost& host) {
    host.on_query_now = [](const DatabaseCall& call) {
      return Table{.columns = {"n"}, .rows = {{to_value(call.statements[0].sql)}}};
    };
  });
  EXPECT_EQ(stage.host().log[0].text, "SELECT now");
}

}  // namespace
}  // namespace theater
