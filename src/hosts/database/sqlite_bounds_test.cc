// SQLite: no statement takes more memory, disk or room in an answer than its bounds; what is
// refused is refused before it is copied, and what came before it stands.

#include "hosts/database/testing/sqlite_fixture.h"

namespace theater::hosts::database {
namespace {

TEST_F(SqliteTest, SortingTakesNoDisk) {
  const auto connection = open();
  const auto refused = read(*connection,
                            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
                            " SELECT randomblob(100000), i FROM n ORDER BY 1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().detail, "SQLITE_NOMEM");
  EXPECT_EQ(number(*connection, "SELECT 7"), 7);
}

TEST_F(SqliteTest, AQueryThatGoesOnDoesNotMakeTheLogGrowForEver) {
  options.file_max = 1 << 20;
  const auto writer = open();
  ASSERT_TRUE(write(*writer, "CREATE TABLE t (a)"));
  ASSERT_TRUE(write(*writer, "INSERT INTO t VALUES (1)"));
  options.access = Access::kRead;
  const auto reader = open();
  auto query =
      job(Access::kRead, {{"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
                           " SELECT i, (SELECT count(*) FROM t) FROM n",
                           {},
                           {}}});
  query->rows_per_part = 10;
  ASSERT_TRUE(reader->next_part(*query));
  const std::string change = "UPDATE t SET a = randomblob(500000)";
  auto done = write(*writer, change);
  for (int i = 0; i < 100 && done; ++i) done = write(*writer, change);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, GuestCode::kFull);
  EXPECT_LT(fs::file_size(options.file + "-wal"), kLogBytesMin + (2u << 20));
  reader->end_query();
  EXPECT_TRUE(write(*writer, change));
  EXPECT_TRUE(write(*writer, change));
}

TEST_F(SqliteTest, AnswersAreBounded) {
  const auto connection = open();
  const std::string many =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n LIMIT 1001";
  const auto rows = read(*connection, many);
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code, GuestCode::kTooLarge);
  const auto bytes = read(*connection, "SELECT zeroblob(2000000)");
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code, GuestCode::kTooLarge);
  EXPECT_FALSE(read(*connection, "SELECT zeroblob(100000000)"));
}

TEST_F(SqliteTest, MemoryIsBoundedWhateverAStatementMakes) {
  const auto connection = open();
  EXPECT_EQ(read(*connection, "SELECT length(hex(zeroblob(5000000)))").error().code,
            GuestCode::kTooLarge);
  std::string wide = "SELECT 1";
  for (int i = 0; i < 240; ++i) wide += ", hex(zeroblob(4000000))";  // together 1.9 GB
  sqlite3_memory_highwater(1);
  const auto refused = read(*connection, wide);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().detail, "SQLITE_NOMEM");
  EXPECT_EQ(refused.error().code, GuestCode::kFull);
  auto query = job(Access::kRead, {{wide, {}, {}}});
  query->rows_per_part = 10;
  EXPECT_FALSE(connection->next_part(*query));
  connection->end_query();
  EXPECT_LE(sqlite3_memory_highwater(0), kSqliteHeapBytes);
  EXPECT_EQ(number(*connection, "SELECT 7"), 7) << "it goes on";
  EXPECT_FALSE(write(*connection, "CREATE TABLE t AS " + wide));
  EXPECT_TRUE(write(*connection, "CREATE TABLE t (a)"));
}

TEST_F(SqliteTest, ARowThatIsTooLargeIsNotCopied) {
  const auto connection = open();
  ASSERT_TRUE(write(*connection, "CREATE TABLE t (a, b)"));
  ASSERT_TRUE(write(*connection, "INSERT INTO t VALUES (zeroblob(600000), zeroblob(600000))"));
  const auto refused = read(*connection, "SELECT a, b FROM t");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, GuestCode::kTooLarge);
  EXPECT_TRUE(read(*connection, "SELECT a FROM t"));
}

TEST_F(SqliteTest, PartsHaveEveryRowOnce) {
  const auto connection = open();
  auto query = job(Access::kRead,
                   {{"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25)"
                     " SELECT i FROM n",
                     {},
                     {}}});
  query->rows_per_part = 10;
  std::int64_t next = 1;
  std::vector<std::uint64_t> counts;
  for (bool is_last = false; !is_last;) {
    const auto part = connection->next_part(*query);
    ASSERT_TRUE(part);
    is_last = part->is_last;
    counts.push_back(part->count);
    const auto rows = *wasm::from_binary<Rows>(part->rows);
    EXPECT_EQ(rows.columns, std::vector<std::string>{"i"});
    for (const auto& row : rows.rows) EXPECT_EQ(row.front(), integer(next++));
  }
  EXPECT_EQ(counts, (std::vector<std::uint64_t>{10, 10, 5}));
  connection->end_query();
}

TEST_F(SqliteTest, AFullFileUndoesTheWriteAloneAndGoesOn) {
  options.file_max = 40 * 4096;
  const auto connection = open();
  ASSERT_TRUE(write(*connection, "CREATE TABLE t (a)"));
  std::vector<JobPointer> jobs;
  jobs.push_back(job(Access::kWrite, {{"INSERT INTO t VALUES (1)", {}, {}}}));
  jobs.push_back(job(Access::kWrite, {{"INSERT INTO t VALUES (zeroblob(1000000))", {}, {}}}));
  jobs.push_back(job(Access::kWrite, {{"INSERT INTO t VALUES (2)", {}, {}}}));
  const auto results = connection->run(jobs);
  EXPECT_TRUE(results[0]);
  ASSERT_FALSE(results[1]);
  EXPECT_EQ(results[1].error().code, GuestCode::kFull);
  EXPECT_EQ(results[1].error().detail, "SQLITE_FULL");
  EXPECT_TRUE(results[2]);
  EXPECT_EQ(number(*connection, "SELECT count(*) FROM t"), 2);
}

}  // namespace
}  // namespace theater::hosts::database
