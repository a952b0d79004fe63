// Against a real PostgreSQL: every kind of value comes back; transactions are all or nothing;
// sessions keep nothing; a killed or silent server costs the statement under way, never more, and
// with a ledger not even that; a thousand statements wait their turn; cancels hit their own
// statement; a storm of notifications is bounded, its loss told.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "hosts/database/testing/desk.h"
#include "hosts/database/testing/postgres_server.h"

namespace theater::hosts::database {
namespace {

using host::GuestCode;
using testing::Desk;
using testing::integer;
using testing::PostgresServer;
using testing::sql;
using testing::text;

/// One server a test: each runs in a process of its own.
struct PostgresTest : ::testing::Test {
  std::optional<PostgresServer> server;

  void SetUp() override {
    if (!PostgresServer::is_installed()) GTEST_SKIP() << "no PostgreSQL 15 here";
    server.emplace();
  }
  std::unique_ptr<Desk> open(std::string_view more = "") {
    return std::make_unique<Desk>(fmt::format("[d]\npostgres_environment = \"D\"\n{}", more),
                                  io::Environment{{"D", server->connection()}});
  }
};

void check_values(Desk& desk) {
  const std::vector<Value> row{
      Value{},
      Value::make<Value::kBoolean>(true),
      integer(INT64_MIN),
      Value::make<Value::kDouble>(-0.1),
      Value::make<Value::kDecimal>("-1234567890123456789012345678.900"),
      text("a\xf0\x9f\x8e\xad"),
      Value::make<Value::kBlob>(Bytes{0, 255, 7}),
      Value::make<Value::kDate>(-1),
      Value::make<Value::kTime>(86'399'999'999),
      Value::make<Value::kTimestamp>(-1),
      Value::make<Value::kUuid>("01234567-89ab-cdef-0123-456789abcdef"),
      Value::make<Value::kJson>("{\"a\": [1.50,null]}"),
      Value::make<Value::kOther>(std::tuple<std::string, std::string>("inet", "::1")),
  };
  ASSERT_TRUE(desk.end_of(desk.execute(
      sql("CREATE TABLE v (a text, b boolean, c bigint, d float8, e numeric, f text, g bytea, h "
          "date, i time, j timestamptz, k uuid, l json, m inet)"))));
  const Ending done = desk.end_of(
      desk.execute(sql("INSERT INTO v VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)", row)));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->front().changed, 1u);
  const Ending back = desk.end_of(desk.query(sql("SELECT * FROM v")));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->front().rows.front(), row);
  EXPECT_EQ(back->front().changed, 0u);
  EXPECT_EQ(desk.value_of("SELECT 'infinity'::date").kind(), Value::kOther);
  EXPECT_EQ(desk.value_of("SELECT '{1,2}'::int[]").kind(), Value::kOther);
}

void check_rules(Desk& desk) {
  ASSERT_TRUE(desk.end_of(desk.execute(sql("CREATE TABLE t (a int PRIMARY KEY)"))));
  const auto count = [&] { return desk.value_of("SELECT count(*) FROM t"); };
  const auto code = [&](const std::string& statement) {
    return desk.error_of(desk.execute(sql(statement)));
  };
  EXPECT_EQ(code("SELECT 1; SELECT 2"), GuestCode::kInvalid);
  EXPECT_EQ(code(" ; "), GuestCode::kInvalid);
  EXPECT_EQ(code("nonsense"), GuestCode::kInvalid);
  for (const char* it : {"BEGIN", "/* x */ commit", "-- y\nROLLBACK", "--\rCOMMIT",
                         "-- y\r\nCOMMIT", "COPY t TO STDOUT", "COPY t FROM STDIN", "LISTEN x"}) {
    EXPECT_EQ(code(it), GuestCode::kDenied) << it;
  }
  EXPECT_EQ(desk.error_of(desk.query(sql("INSERT INTO t VALUES (1)"))), GuestCode::kInvalid);
  EXPECT_EQ(desk.error_of(desk.execute(sql("SELECT $1", {}))), GuestCode::kInvalid);
  EXPECT_EQ(desk.error_of(desk.transaction(
                {sql("INSERT INTO t VALUES (1)"), sql("INSERT INTO t VALUES (1)")})),
            GuestCode::kConflict);
  EXPECT_EQ(desk.error_of(desk.transaction(
                {sql("INSERT INTO t VALUES (1)"), sql("DELETE FROM t WHERE a = 9", {}, 1)})),
            GuestCode::kConflict);
  EXPECT_EQ(desk.error_of(desk.transaction(
                {sql("INSERT INTO t VALUES (1)"), sql("--\rCOMMIT"), sql("nonsense")})),
            GuestCode::kDenied);
  EXPECT_EQ(count(), integer(0));
  const Ending both = desk.end_of(desk.transaction(
      {sql("INSERT INTO t VALUES (1) RETURNING a"), sql("INSERT INTO t VALUES (2)", {}, 1)},
      Isolation::kSerializable));
  ASSERT_TRUE(both) << both.error().message;
  EXPECT_EQ(both->front().rows.front().front(), integer(1));
  EXPECT_EQ(both->at(1).changed, 1u);
  EXPECT_EQ(count(), integer(2));
  // Nothing of a session is kept.
  ASSERT_TRUE(desk.end_of(desk.execute(sql("SET TimeZone = 'Asia/Tokyo'"))));
  ASSERT_TRUE(desk.end_of(desk.execute(sql("CREATE TEMP TABLE mine (a int)"))));
  EXPECT_EQ(desk.value_of("SHOW TimeZone"), text("UTC"));
  EXPECT_EQ(code("INSERT INTO mine VALUES (1)"), GuestCode::kInvalid);
  EXPECT_EQ(desk.error_of(desk.query(sql("SELECT generate_series(1, 10001)"))),
            GuestCode::kTooLarge);
}

TEST_F(PostgresTest, ValuesAndRules) {
  const auto desk = open("pool_max = 1\n");
  check_values(*desk);
  check_rules(*desk);
  const auto id =
      desk->query(sql("SELECT i, repeat('x', 1000) FROM generate_series(1, 2000) i"), 50);
  desk->made->operations()->more({id}, 100 << 20);
  ASSERT_TRUE(desk->end_of(id));
  std::int64_t next = 1;
  for (const auto& event : desk->events) {
    const auto* part = std::get_if<Payload::kPart>(&event.payload.value);
    if (part == nullptr) continue;
    for (const auto& row : part->rows) EXPECT_EQ(row.front(), integer(next++));
  }
  EXPECT_EQ(next, 2001);
}

/// Workers run as tasks here: what is told of tasks is theirs.
TEST_F(PostgresTest, WhatTheServerSendsHoldsTheShardForLongNever) {
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  GTEST_SKIP() << "a sanitizer's time is not the shard's";
#endif
  std::vector<std::string> named;
  host::Watchdog watchdog([&](const host::Hold& hold) {
    if (hold.function != "ready") return;
    named.push_back(fmt::format("{} us", hold.time.total() / Microseconds(1)));
  });
  Desk desk("[d]\npostgres_environment = \"D\"\nwaiting_max = 512\n",
            io::Environment{{"D", server->connection()}}, &watchdog);
  EXPECT_TRUE(desk.end_of(desk.query(sql("SELECT generate_series(1, 10000)"))));
  std::vector<std::uint64_t> many;
  for (int i = 0; i < 500; ++i) many.push_back(desk.query(sql("SELECT 1")));
  for (const std::uint64_t id : many) EXPECT_TRUE(desk.end_of(id));
  const auto in_parts = [&](const char* statement) {
    const auto id = desk.query(sql(statement), 100);
    desk.made->operations()->more({id}, 1 << 30);
    EXPECT_TRUE(desk.end_of(id)) << statement;
    desk.events.clear();
  };
  in_parts("SELECT decode(repeat('ab', 500000), 'hex') FROM generate_series(1, 20)");
  in_parts("SELECT i, repeat('x', 100) FROM generate_series(1, 10000) i");
  EXPECT_EQ(named, std::vector<std::string>{});
}

TEST_F(PostgresTest, AWriteWhoseAnswerIsRefusedIsUndone) {
  for (const std::string_view ledger : {"false", "true"}) {
    const auto desk = open(fmt::format("pool_max = 1\nledger = {}\n", ledger));
    ASSERT_TRUE(desk->end_of(desk->execute(sql("DROP TABLE IF EXISTS t"))));
    ASSERT_TRUE(desk->end_of(desk->execute(sql("CREATE TABLE t (a text)"))));
    for (const char* statement : {
             "INSERT INTO t VALUES (1) RETURNING repeat('x', 300000)",
             "insert into t SELECT 1 FROM generate_series(1, 20000) returning\na",
             "WITH w AS (INSERT INTO t VALUES (1) RETURNING a) SELECT repeat('x', 300000) FROM w",
             "(WITH w AS (INSERT INTO t VALUES (1) RETURNING a) SELECT repeat('x', 300000) FROM w)",
         }) {
      EXPECT_EQ(desk->error_of(desk->execute(sql(statement))), GuestCode::kTooLarge) << statement;
      EXPECT_EQ(desk->value_of("SELECT count(*) FROM t"), integer(0)) << statement;
    }
  }
}

TEST_F(PostgresTest, ARowThatIsTooLargeIsRefused) {
  const auto desk = open("pool_max = 1\nresult_max = \"1MiB\"\n");
  ASSERT_TRUE(desk->end_of(desk->execute(sql("CREATE TABLE t (a int)"))));
  EXPECT_EQ(desk->error_of(desk->query(sql("SELECT repeat('x', 20000000)"))), GuestCode::kTooLarge);
  EXPECT_EQ(desk->error_of(desk->query(sql("SELECT repeat('x', 20000000)"), 10)),
            GuestCode::kTooLarge);
  EXPECT_EQ(desk->error_of(
                desk->execute(sql("INSERT INTO t VALUES (1) RETURNING repeat('x', 20000000)"))),
            GuestCode::kTooLarge);
  EXPECT_EQ(desk->value_of("SELECT count(*) FROM t"), integer(0));
  // What fits in a row goes on, in number as well.
  EXPECT_EQ(desk->value_of("SELECT length(repeat('x', 10000000))"), integer(10'000'000));
  const auto id =
      desk->query(sql("SELECT decode(repeat('ab', 500000), 'hex') FROM generate_series(1, 20)"), 1);
  desk->made->operations()->more({id}, 100 << 20);
  EXPECT_TRUE(desk->end_of(id));
}

TEST_F(PostgresTest, WhereARefusedAnswerCannotUndoTheWriteItIsSaid) {
  const auto desk = open("pool_max = 1\n");
  ASSERT_TRUE(desk->end_of(desk->execute(sql("CREATE TABLE t (a int)"))));
  ASSERT_TRUE(desk->end_of(desk->execute(
      sql("CREATE PROCEDURE p(INOUT x text) LANGUAGE plpgsql AS "
          "$$ BEGIN INSERT INTO t VALUES (1); COMMIT; x := repeat('x', 300000); END $$"))));
  EXPECT_EQ(desk->error_of(desk->execute(sql("CALL p('')"))), GuestCode::kInterrupted);
  EXPECT_EQ(desk->value_of("SELECT count(*) FROM t"), integer(1));
}

TEST_F(PostgresTest, WhatFailsAtTheEndOfItsTransactionIsTold) {
  for (const std::string_view grant : {"pool_max = 1\n", "pool_max = 1\nledger = true\n"}) {
    const auto desk = open(grant);
    ASSERT_TRUE(desk->end_of(desk->execute(sql("DROP TABLE IF EXISTS child, parent"))));
    ASSERT_TRUE(desk->end_of(desk->execute(sql("CREATE TABLE parent (a int PRIMARY KEY)"))));
    ASSERT_TRUE(desk->end_of(desk->execute(
        sql("CREATE TABLE child (a int REFERENCES parent DEFERRABLE INITIALLY DEFERRED)"))));
    const auto orphan = desk->execute(sql("INSERT INTO child VALUES (1)"));
    EXPECT_EQ(desk->error_of(orphan), GuestCode::kConflict);
    EXPECT_EQ(desk->value_of("SELECT count(*) FROM child"), integer(0));
    ASSERT_TRUE(desk->end_of(desk->execute(sql("INSERT INTO parent VALUES (1)"))));
    EXPECT_EQ(desk->value_of("SELECT count(*) FROM parent"), integer(1));
  }
}

TEST_F(PostgresTest, AThousandStatementsWaitTheirTurnAndCancelsHitTheirOwn) {
  const auto desk = open("waiting_max = 2000\n");
  ASSERT_TRUE(desk->end_of(desk->execute(sql("CREATE TABLE t (a int)"))));
  std::vector<std::uint64_t> kept, cancelled;
  for (int i = 0; i < 1000; ++i) {
    if (i % 50 == 7) {
      cancelled.push_back(desk->query(sql("SELECT pg_sleep(60)")));
    } else {
      kept.push_back(desk->execute(sql("INSERT INTO t VALUES ($1)", {integer(i)})));
    }
  }
  // Those at work and those that wait are cancelled among the others.
  for (const auto id : cancelled) {
    desk->wait([&] { return true; });
    desk->made->operations()->cancel({id});
  }
  for (const auto id : cancelled) EXPECT_EQ(desk->error_of(id), GuestCode::kCancelled);
  for (const auto id : kept) {
    const Ending end = desk->end_of(id);
    ASSERT_TRUE(end) << end.error().message;
  }
  EXPECT_EQ(desk->value_of("SELECT count(*) FROM t"), integer(static_cast<int>(kept.size())));
}

TEST_F(PostgresTest, AKilledServerCostsWhatWasUnderWay) {
  const auto desk = open("statement = \"60s\"\n");
  // One session: a second that is being made while the server dies would end what waits for it.
  const auto kept = open("ledger = true\nstatement = \"60s\"\npool_max = 1\n");
  const auto reader = open();
  ASSERT_TRUE(kept->end_of(kept->execute(sql("CREATE TABLE t (a int)"))));
  const auto read = desk->query(sql("SELECT pg_sleep(30)"));
  const auto write = desk->execute(sql("INSERT INTO t SELECT 1 FROM pg_sleep(30)"));
  const auto noted = kept->execute(sql("INSERT INTO t SELECT 2 FROM pg_sleep(4)"));
  const auto asleep = [&] {
    return reader->value_of(
               "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' "
               "AND wait_event = 'PgSleep'") == integer(3);
  };
  ASSERT_TRUE(desk->wait([&] {
    kept->shard.executor.run();
    kept->shard.descriptors.poll_now();
    return asleep();
  }));
  server->stop(SIGQUIT);
  EXPECT_EQ(desk->error_of(read), GuestCode::kUnreachable);
  EXPECT_EQ(desk->error_of(write), GuestCode::kInterrupted);
  EXPECT_EQ(desk->error_of(desk->query(sql("SELECT 1"))), GuestCode::kUnreachable);
  server->start();
  EXPECT_EQ(desk->value_of("SELECT 1"), integer(1));
  const Ending again = kept->end_of(noted);  // it broke, and the ledger knew that it was not done
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(desk->value_of("SELECT sum(a) FROM t"), integer(2));
}

TEST_F(PostgresTest, ASilentServerIsGivenUp) {
  const auto desk = open("pool_max = 1\nstatement = \"5s\"\n");
  const Value backend = desk->value_of("SELECT pg_backend_pid()");
  const auto pid = static_cast<pid_t>(std::get<Value::kInteger>(backend.value));
  desk->wait([&] { return desk->shard.executor.task_count() == 0; });
  ::kill(pid, SIGSTOP);
  const auto silent = desk->query(sql("SELECT 1"));
  desk->wait([&] { return desk->shard.executor.task_count() == 0; });
  desk->shard.executor.advance(std::chrono::seconds(5));
  EXPECT_EQ(desk->error_of(silent), GuestCode::kDeadline);
  desk->shard.executor.advance(kDrainTime);
  EXPECT_EQ(desk->value_of("SELECT 2"), integer(2)) << "by another session";
  ::kill(pid, SIGCONT);
}

TEST_F(PostgresTest, ACrashAtAnyStepLeavesEachWriteDoneOnceWithALedger) {
  const auto reader = open();
  ASSERT_TRUE(reader->end_of(reader->execute(sql("CREATE TABLE t (a int)"))));
  for (std::size_t steps = 0; steps < 24; ++steps) {
    SCOPED_TRACE(steps);
    reader->end_of(reader->execute(sql("DELETE FROM t")));
    const auto old = open("ledger = true\npool_max = 1\n");
    old->actor.who.id.bytes[0] = static_cast<std::uint8_t>(steps + 1);
    old->execute(sql("INSERT INTO t VALUES (1)"));
    for (std::size_t i = 0; i < steps; ++i) {
      old->shard.executor.step();
      old->shard.descriptors.poll_for(Milliseconds(5));
    }
    old->made->stop(actor::StopMode::kKill);  // as a crash, the sockets close
    const auto fresh = open("ledger = true\npool_max = 1\n");
    fresh->actor.who = old->actor.who;
    testing::restart(*old, *fresh);
    const Ending end = fresh->end_of(1);
    ASSERT_TRUE(end) << end.error().message;
    EXPECT_EQ(reader->value_of("SELECT count(*) FROM t"), integer(1));
  }
}

TEST_F(PostgresTest, TheLedgerIsTrimmedInPortionsBehindWhatIsDurable) {
  const auto desk = open("ledger = true\n");
  ASSERT_TRUE(desk->end_of(desk->execute(sql("CREATE TABLE t (a int)"))));
  const auto entries = [&] {
    return std::get<Value::kInteger>(desk->value_of("SELECT count(*) FROM theater_ledger").value);
  };
  for (std::uint64_t i = 0; i < 3 * kTrimEvery; ++i) {
    ASSERT_TRUE(desk->end_of(desk->execute(sql("INSERT INTO t VALUES (1)"))));
    if (i == kTrimEvery / 2) EXPECT_GT(entries(), std::int64_t{kTrimEvery / 2});
  }
  EXPECT_GE(entries(), 1);
  EXPECT_LE(entries(), std::int64_t{2 * kTrimEvery});
}

TEST_F(PostgresTest, AStormOfNotificationsIsBoundedAndItsLossIsTold) {
  const auto desk = open("notices_max = 100\n");
  const auto heard = desk->listen("news");
  ASSERT_TRUE(desk->wait([&] { return !desk->events.empty(); }));
  EXPECT_EQ(std::get<Payload::kGap>(desk->events.front().payload.value), 0u) << "listening began";
  desk->events.clear();
  ASSERT_TRUE(desk->end_of(
      desk->execute(sql("SELECT pg_notify('news', i::text) FROM generate_series(1, 5000) i"))));
  std::uint64_t told = 0, lost = 0;
  desk->wait([&] {
    told = lost = 0;
    for (const auto& event : desk->events) {
      if (event.id != heard) continue;
      if (const auto* gap = std::get_if<Payload::kGap>(&event.payload.value)) lost += *gap;
      told += event.payload.value.index() == Payload::kNotified ? 1 : 0;
    }
    return told + lost == 5000;
  });
  EXPECT_EQ(told + lost, 5000u);
  server->stop(SIGQUIT);
  desk->wait([&] { return desk->shard.descriptors.size() == 0; });
  server->start();
  desk->events.clear();
  for (int pause = 0; pause < 5 && desk->events.empty(); ++pause) {
    desk->shard.executor.advance(kListenPauseMax);
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
    desk->wait([&] { return !desk->events.empty() || std::chrono::steady_clock::now() > end; });
  }
  ASSERT_FALSE(desk->events.empty());
  EXPECT_EQ(std::get<Payload::kGap>(desk->events.front().payload.value), 0u) << "listening again";
  desk->made->operations()->cancel({heard});
  EXPECT_EQ(desk->error_of(heard), GuestCode::kCancelled);
}

}  // namespace
}  // namespace theater::hosts::database
