// What a guest starts happens after its commit, or never; each operation has one last event; parts
// wait for credit and none is lost; a crash at any step leaves each write done once; what a grant
// does not allow is denied; nothing is left after a stop in any state.
#include "hosts/database/instance.h"

#include <sqlite3.h>

#include "hosts/database/testing/desk.h"

namespace theater::hosts::database {
namespace {

using host::GuestCode;
using testing::Desk;
using testing::Folder;
using testing::integer;
using testing::sql;
using testing::text;

std::string grant(const Folder& folder, std::string_view more = "") {
  return fmt::format("[d]\nsqlite = \"{}\"\n{}", folder.file("test.db"), more);
}

TEST(Database, AWriteHappensAfterItsCommit) {
  const Folder folder;
  Desk desk(grant(folder));
  ASSERT_TRUE(
      desk.call(Desk::kExecute, host::arguments_of(std::string("d"), sql("CREATE TABLE t (a)"))));
  desk.shard.executor.run();
  desk.commit();
  desk.shard.executor.run();
  EXPECT_FALSE(std::filesystem::exists(folder.file("test.db"))) << "CHAIN-1";
  desk.perform();
  EXPECT_TRUE(desk.end_of(1));
  ASSERT_EQ(desk.actor.records.size(), 1u);
  EXPECT_EQ(desk.actor.records[0].phase, chain::OperationPhase::kDone);
  const Ending inserted = desk.end_of(desk.execute(sql("INSERT INTO t VALUES ($1)", {text("x")})));
  ASSERT_TRUE(inserted);
  EXPECT_EQ(inserted->front().changed, 1u);
  EXPECT_EQ(desk.value_of("SELECT a FROM t"), text("x"));
}

TEST(Database, ADiscardedWriteNeverWas) {
  const Folder folder;
  Desk desk(grant(folder));
  ASSERT_TRUE(
      desk.call(Desk::kExecute, host::arguments_of(std::string("d"), sql("CREATE TABLE t (a)"))));
  desk.made->settle(actor::Settlement::kDiscarded);
  desk.shard.executor.run();
  EXPECT_TRUE(desk.made->census().is_empty());
  EXPECT_FALSE(std::filesystem::exists(folder.file("test.db")));
}

TEST(Database, PartsWaitForCreditAndNoneIsLost) {
  const Folder folder;
  Desk desk(grant(folder));
  const auto id = desk.query(
      sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
          " SELECT i, zeroblob(1000) FROM n"),
      50);
  desk.wait([&] { return desk.shard.executor.task_count() == 0; });
  EXPECT_EQ(desk.ending(id), nullptr);
  const auto before = desk.events.size();
  EXPECT_GE(before, 4u);
  EXPECT_LE(before, 6u) << "256 KiB of credit";
  desk.made->operations()->more({id}, 10 << 20);
  ASSERT_TRUE(desk.end_of(id));
  std::int64_t next = 1;
  for (const auto& event : desk.events) {
    const auto* part = std::get_if<Payload::kPart>(&event.payload.value);
    if (part == nullptr) continue;
    for (const auto& row : part->rows) EXPECT_EQ(row.front(), integer(next++));
  }
  EXPECT_EQ(next, 2001);
  EXPECT_EQ(desk.events.back().payload.value.index(), Payload::kEnded);
  EXPECT_EQ(desk.ending(id)->value().front().columns.size(), 2u);
}

TEST(Database, APartMayBeAsLargeAsAnAnswer) {
  const Folder folder;
  Desk desk(grant(folder, "result_max = \"16MiB\"\n"));
  const auto id = desk.query(sql("SELECT zeroblob(9437184)"), 1);
  desk.made->operations()->more({id}, 10 << 20);
  ASSERT_TRUE(desk.end_of(id));
  EXPECT_TRUE(desk.ending(id)->has_value());
  EXPECT_EQ(desk.events.size(), 2u);
}

TEST(Database, AQueryInPartsCanBeCancelledWhileItWaits) {
  const Folder folder;
  Desk desk(grant(folder, "pool_max = 1\n"));
  const auto id = desk.query(
      sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT zeroblob(9000)"
          " FROM n"),
      10);
  desk.wait([&] { return desk.shard.executor.task_count() == 0; });
  desk.made->operations()->cancel({id});
  EXPECT_EQ(desk.error_of(id), GuestCode::kCancelled);
  EXPECT_EQ(desk.value_of("SELECT 7"), integer(7)) << "the session is free again";
}

TEST(Database, AWaitIsAnswered) {
  const Folder folder;
  Desk desk(grant(folder));
  const Bytes arguments = host::arguments_of(std::string("d"), sql("SELECT $1 + 1", {integer(41)}));
  Bytes result;
  EXPECT_EQ(desk.made->call(Desk::kQueryWait, arguments, {}, result), actor::CallOutcome::kSuspend);
  desk.made->perform({Desk::kQueryWait, arguments, 0, Seq{5}, 12});
  desk.wait([&] { return !desk.actor.answers.empty(); });
  ASSERT_EQ(desk.actor.answers.size(), 1u);
  EXPECT_EQ(desk.actor.answers[0].ticket, 12u);
  const auto answer = *wasm::from_binary<Answer>(desk.actor.answers[0].result);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->rows.front().front(), integer(42));
}

TEST(Database, WhatIsNotGrantedIsDenied) {
  const Folder folder;
  Desk desk(grant(folder, "read_only = true\n"));
  const auto code = [&](Desk::Function function, const Bytes& arguments) {
    const auto started = desk.call(function, arguments);
    EXPECT_FALSE(started);
    return started ? GuestCode::kInternal : started.error().code;
  };
  EXPECT_EQ(code(Desk::kExecute, host::arguments_of(std::string("other"), sql("SELECT 1"))),
            GuestCode::kDenied);
  EXPECT_EQ(code(Desk::kExecute, host::arguments_of(std::string("d"), sql("SELECT 1"))),
            GuestCode::kDenied);
  EXPECT_EQ(code(Desk::kListen, host::arguments_of(std::string("d"), std::string("news"))),
            GuestCode::kUnsupported);
  for (const std::string& text : {std::string(), std::string("SELECT 1\0;", 10)}) {
    EXPECT_EQ(code(Desk::kQuery, host::arguments_of(std::string("d"), sql(text), std::uint32_t{0})),
              GuestCode::kInvalid);
  }
  Bytes result;
  EXPECT_EQ(desk.made->call(Desk::kQueryWait,
                            host::arguments_of(std::string("other"), sql("SELECT 1")), {}, result),
            actor::CallOutcome::kDenied);
}

TEST(Database, BeyondWaitingMaxIsFull) {
  const Folder folder;
  Desk desk(grant(folder, "waiting_max = 3\npool_max = 1\n"));
  for (int i = 0; i < 5; ++i) desk.execute(sql(fmt::format("CREATE TABLE t{} (a)", i)));
  for (std::uint64_t id = 1; id <= 3; ++id) EXPECT_TRUE(desk.end_of(id));
  EXPECT_EQ(desk.error_of(4), GuestCode::kFull);
  EXPECT_EQ(desk.error_of(5), GuestCode::kFull);
}

TEST(Database, WhatIsCancelledOrOverdueWhileItWaitsIsNotDone) {
  const Folder folder;
  Desk desk(grant(folder, "statement = \"1s\"\n"));
  ASSERT_TRUE(desk.end_of(desk.execute(sql("CREATE TABLE t (a)"))));
  const auto cancelled = desk.execute(sql("INSERT INTO t VALUES (1)"));
  desk.made->operations()->cancel({cancelled});
  EXPECT_EQ(desk.error_of(cancelled), GuestCode::kCancelled);
  const auto overdue = desk.execute(sql("INSERT INTO t VALUES (2)"));
  desk.shard.clock.advance(std::chrono::seconds(2));
  while (desk.shard.executor.step_timer()) {
  }
  EXPECT_EQ(desk.error_of(overdue), GuestCode::kDeadline);
  EXPECT_EQ(desk.value_of("SELECT count(*) FROM t"), integer(0));
}

/// The node dies after any number of the shard's and the worker's steps.
TEST(Database, ACrashAtAnyStepLeavesEachWriteDoneOnce) {
  for (std::size_t steps = 0; steps < 14; ++steps) {
    SCOPED_TRACE(steps);
    const Folder folder;
    {
      Desk maker(grant(folder));
      ASSERT_TRUE(maker.end_of(maker.execute(sql("CREATE TABLE t (a)"))));
    }
    Desk old(grant(folder));
    old.next_id = 10;
    for (int i = 0; i < 3; ++i) old.execute(sql("INSERT INTO t VALUES ($1)", {integer(i)}));
    for (std::size_t i = 0; i < steps; ++i) old.shard.executor.step();
    Desk fresh(grant(folder));
    testing::restart(old, fresh);
    for (std::uint64_t id = 10; id < 13; ++id) {
      const Ending end = fresh.end_of(id);
      ASSERT_TRUE(end) << end.error().message;
      EXPECT_EQ(end->front().changed, 1u);
    }
    EXPECT_EQ(fresh.value_of("SELECT count(*) || '/' || count(DISTINCT a) FROM t"), text("3/3"));
  }
}

TEST(Database, WithoutALedgerACrashInterruptsWritesAndReadsGoAgainIfDeclared) {
  const Folder folder;
  const std::string without = grant(folder, "ledger = false\nreissue_reads = true\n");
  Desk old(without);
  old.execute(sql("CREATE TABLE t (a)"));
  old.query(sql("SELECT 7"));
  Desk fresh(without);
  testing::restart(old, fresh);
  EXPECT_EQ(fresh.error_of(1), GuestCode::kInterrupted);
  EXPECT_EQ(fresh.end_of(2)->front().rows.front().front(), integer(7));
}

TEST(Database, TheLedgerIsTrimmedBehindWhatIsDurable) {
  const Folder folder;
  Desk desk(grant(folder));
  desk.end_of(desk.execute(sql("CREATE TABLE t (a)")));
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(desk.end_of(desk.execute(sql("INSERT INTO t VALUES (1)"))));
  }
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(folder.file("test.db").c_str(), &other), SQLITE_OK);
  int entries = 0;
  sqlite3_exec(
      other, "SELECT count(*) FROM theater_ledger",
      [](void* out, int, char** values, char**) {
        *static_cast<int*>(out) = std::atoi(values[0]);
        return 0;
      },
      &entries, nullptr);
  sqlite3_close(other);
  EXPECT_GE(entries, 1);
  EXPECT_LE(entries, 3);
}

TEST(Database, StopLeavesNothingInAnyState) {
  for (const auto mode : {actor::StopMode::kDrain, actor::StopMode::kKill}) {
    for (std::size_t steps = 0; steps < 8; ++steps) {
      const Folder folder;
      Desk desk(grant(folder));
      desk.execute(sql("CREATE TABLE t (a)"));
      desk.query(sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                     "SELECT zeroblob(9000) FROM n"),
                 10);
      for (std::size_t i = 0; i < steps; ++i) desk.shard.executor.step();
      desk.made->stop(mode);
      EXPECT_TRUE(desk.made->census().is_empty()) << "END-1";
      EXPECT_EQ(desk.actor.drained_count, mode == actor::StopMode::kDrain ? 1 : 0);
      desk.shard.executor.run();
      EXPECT_FALSE(desk.made->events()->has_events());
    }
  }
}

TEST(DatabaseGrant, IsStrict) {
  const auto family = make_family({});
  const auto refusal = [&](std::string_view toml) -> std::string {
    const auto checked = family->check_grant(*actor::parse_settings(toml, "/m/t.toml", {}));
    return checked ? "" : checked.error().message;
  };
  EXPECT_EQ(refusal("[d]\nsqlite = \"a.db\"\n"), "");
  EXPECT_EQ(refusal("[d]\npostgres_environment = \"D\"\nledger = true\n"), "");
  EXPECT_NE(refusal(""), "");
  EXPECT_NE(refusal("[d]\n"), "");
  EXPECT_NE(refusal("[d]\nsqlite = \"a.db\"\npostgres_file = \"x\"\n"), "");
  EXPECT_NE(refusal("[d]\nsqlite = \"../a.db\"\n").find("`..`"), std::string::npos);
  EXPECT_NE(refusal("[d]\nsqlite = \"x/../../a.db\"\n"), "");
  EXPECT_NE(refusal("[\"D d\"]\nsqlite = \"a.db\"\n"), "");
  EXPECT_NE(refusal("[d]\nsqlite = \"a.db\"\npool_mx = 3\n").find("pool_max"), std::string::npos);
  EXPECT_NE(refusal("[d]\nsqlite = \"a.db\"\npool_max = 0\n"), "");
  EXPECT_NE(refusal("[d]\nsqlite = \"a.db\"\nread_only = true\nledger = true\n"), "");
  EXPECT_NE(refusal("d = 3\n"), "");
  EXPECT_NE(refusal("[d]\npostgres = \"host=x password=y\"\n"), "") << "no secret in a manifest";
}

}  // namespace
}  // namespace theater::hosts::database
