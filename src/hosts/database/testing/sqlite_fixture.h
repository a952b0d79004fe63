// For tests of SQLite: a file in a folder of its own, connections to it, and jobs done at once.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>

#include "hosts/database/limits.h"
#include "hosts/database/sqlite_connection.h"

namespace theater::hosts::database {

using host::GuestCode;
namespace fs = std::filesystem;

struct SqliteTest : testing::Test {
  fs::path folder = fs::temp_directory_path() /
                    fmt::format("theater-sqlite-{}-{}", ::getpid(),
                                testing::UnitTest::GetInstance()->random_seed() +
                                    testing::UnitTest::GetInstance()->current_test_info()->line());
  SqliteOptions options;
  std::uint64_t last_job = 0;

  SqliteTest() {
    fs::create_directories(folder);
    options.file = (folder / "test.db").string();
    options.file_max = 1 << 30;
    options.result_max = 8 << 20;
    options.connect_max = Milliseconds(50);
  }
  ~SqliteTest() override { fs::remove_all(folder); }

  std::unique_ptr<SqliteConnection> open() {
    auto made = std::make_unique<SqliteConnection>(options);
    const auto opened = made->open();
    EXPECT_TRUE(opened) << opened.error().message;
    return made;
  }
  std::shared_ptr<Job> job(Access access, std::vector<Statement> statements) {
    auto made = std::make_shared<Job>();
    made->id = {++last_job};
    made->access = access;
    made->statements = std::move(statements);
    made->answer = {1000, 1 << 20};
    made->time_max = Milliseconds(100);
    return made;
  }
  static std::expected<std::vector<Rows>, host::GuestError> decode(JobResult result) {
    if (!result) return std::unexpected(result.error());
    std::vector<Rows> all;
    for (const Bytes& bytes : *result) all.push_back(*wasm::from_binary<Rows>(bytes));
    return all;
  }
  auto write(SqliteConnection& connection, std::string sql, std::vector<Value> params = {}) {
    const std::vector<JobPointer> jobs{
        job(Access::kWrite, {{std::move(sql), std::move(params), {}}})};
    return decode(connection.run(jobs).front());
  }
  auto read(SqliteConnection& connection, std::string sql, std::vector<Value> params = {}) {
    const std::vector<JobPointer> jobs{
        job(Access::kRead, {{std::move(sql), std::move(params), {}}})};
    return decode(connection.run(jobs).front());
  }
  std::int64_t number(SqliteConnection& connection, const std::string& sql) {
    const auto rows = read(connection, sql);
    EXPECT_TRUE(rows) << rows.error().message;
    return std::get<Value::kInteger>(rows->front().rows.front().front().value);
  }
};

inline Value integer(std::int64_t number) { return Value::make<Value::kInteger>(number); }
inline Value text(std::string_view it) { return Value::make<Value::kText>(it); }

}  // namespace theater::hosts::database
