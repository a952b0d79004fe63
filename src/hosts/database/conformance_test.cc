// The conformance set holds of databases, on real SQLite files.
#include <filesystem>
#include <fstream>

#include "host/conformance/suite.h"
#include "hosts/database/family.h"
#include "hosts/database/testing/desk.h"

namespace theater::host::conformance {
namespace {

namespace fs = std::filesystem;
using hosts::database::Isolation;
using hosts::database::Statement;
using hosts::database::testing::sql;
using hosts::database::testing::text;

const fs::path& root() {
  static const hosts::database::testing::Folder made;  // removed when the tests have ended
  return made.path;
}

struct DatabaseProvoker {
  static std::unique_ptr<Family> make() { return hosts::database::make_family({}); }
  static inline const std::string kGrant = fmt::format(
      "[d]\nsqlite = \"{0}/test.db\"\npool_max = 2\nwaiting_max = 4\n"
      "[r]\nsqlite = \"{0}/test.db\"\nread_only = true\n",
      root().string());
  static constexpr std::uint64_t kBytesMax = 256 * 1024;
  static std::vector<std::string_view> wrong_grants() {
    return {"", "[d]", "[d]\nsqlite = 1", "[d]\nsqlite = \"x\"\npool_max = 0",
            "[d]\nsqlite = \"../x\""};
  }
  /// Idle sessions stay.
  static bool is_at_rest(const actor::Census& census) {
    return census.operations == 0 && census.bytes == 0 && census.timers == 0 &&
           census.connections <= 3;
  }

  static Bytes statement(const std::string& name, const Statement& statement) {
    return arguments_of(name, statement);
  }
  static Bytes query(const std::string& name, const Statement& statement, std::uint32_t rows) {
    return arguments_of(name, statement, rows);
  }
  static Step act(const std::string& function, const Bytes& arguments) {
    return {function,
            [function, arguments](Rehearsal& rehearsal) { rehearsal.act(function, arguments); }};
  }
  static Step moment() {
    return {"a moment", [](Rehearsal& rehearsal) { rehearsal.pass(Nanoseconds(0)); }};
  }
  static Step batch() {
    return {"a batch", [](Rehearsal& rehearsal) { rehearsal.take(); }};
  }
  static void clean() {
    fs::remove_all(root());
    fs::create_directories(root());
  }
  static std::vector<Call> calls() {
    const std::vector<Statement> both{sql("CREATE TABLE u (a)"), sql("INSERT INTO u VALUES (1)")};
    return {{"execute", statement("d", sql("CREATE TABLE t (a)"))},
            {"transaction", arguments_of(std::string("d"), Isolation::kSerializable, both)},
            {"query", query("r", sql("SELECT 1"), 0)}};
  }
  static std::vector<Step> script() {
    const std::vector<Statement> both{sql("INSERT INTO t VALUES ($1)", {text("x")}),
                                      sql("UPDATE t SET a = a || a", {}, 2)};
    const Statement many =
        sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)"
            " SELECT i, zeroblob(1000) FROM n");
    return {{"a clean folder", [](Rehearsal&) { clean(); }},
            act("execute", statement("d", sql("CREATE TABLE t (a)"))),
            moment(),
            act("execute", statement("d", sql("INSERT INTO t VALUES ('w')"))),
            moment(),
            batch(),
            act("transaction", arguments_of(std::string("d"), Isolation::kSerializable, both)),
            moment(),
            {"query-wait",
             [](Rehearsal& rehearsal) {
               rehearsal.call("query-wait", statement("r", sql("SELECT a FROM t")));
             }},
            moment(),
            {"its invocation's end", [](Rehearsal& rehearsal) { rehearsal.commit(); }},
            act("query", query("d", many, 50)),
            moment(),
            batch(),
            moment(),
            act("execute", statement("d", sql("INSERT INTO nowhere VALUES (1)"))),
            moment()};
  }
  static void flood(Rehearsal& rehearsal) {
    clean();
    for (int i = 0; i < 200; ++i) {
      rehearsal.act("query", query("d", sql("SELECT 1"), 0));
    }
    rehearsal.pass(Nanoseconds(0));
  }
  static void finish(Rehearsal& rehearsal) {
    rehearsal.pass(Nanoseconds(0));
    rehearsal.commit();
    for (const std::uint64_t id : rehearsal.started()) {
      rehearsal.instance().operations()->cancel({id});
    }
    rehearsal.pass(Nanoseconds(0));
  }
  static std::vector<Step> faults() {
    return {{"the folder goes", [](Rehearsal&) { fs::remove_all(root()); }},
            {"the file is no database", [](Rehearsal&) {
               fs::create_directories(root());
               fs::remove(root() / "test.db-wal");
               std::ofstream(root() / "test.db") << std::string(8192, 'x');
             }}};
  }
  static std::vector<Step> denied() {
    return {act("execute", statement("other", sql("SELECT 1"))),
            act("execute", statement("r", sql("DELETE FROM t"))),
            {"a read elsewhere", [](Rehearsal& rehearsal) {
               rehearsal.call("query-wait", statement("other", sql("SELECT 1")));
             }}};
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Database, Conformance, DatabaseProvoker);
INSTANTIATE_TYPED_TEST_SUITE_P(Database, Repeatable, DatabaseProvoker);

}  // namespace
}  // namespace theater::host::conformance
