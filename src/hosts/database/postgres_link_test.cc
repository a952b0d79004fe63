// The way to a real PostgreSQL is as safe as the grant says, or not taken: where TLS is asked for
// nothing goes plain, and with verify-full only to the server whose name was given. By default a
// server elsewhere is verified. Each address of a name is tried within the time that there is.
#include "hosts/database/postgres_link.h"

#include <gtest/gtest.h>

#include "hosts/database/testing/desk.h"
#include "hosts/database/testing/postgres_server.h"

namespace theater::hosts::database {
namespace {

using host::GuestCode;
using testing::Desk;
using testing::PostgresServer;
using Way = PostgresServer::Way;

/// What the string and the grant make of TLS; or "invalid".
std::string mode_of(const std::string& connection, std::optional<PostgresTls> tls = {}) {
  const auto target = read_target(connection, tls, "");
  return target ? target->sslmode : "invalid";
}

TEST(PostgresTarget, WhoIsElsewhereIsVerified) {
  for (const char* here : {"", "host=/run/postgresql", "host=localhost", "host=127.0.0.1",
                           "host=127.8.0.1", "host=::1", "host=db.test hostaddr=127.0.0.1"}) {
    EXPECT_EQ(mode_of(here), "disable") << here;
  }
  for (const char* elsewhere :
       {"host=db.test", "host=10.0.0.1", "host=127.0.0.1.test", "host=::2", "hostaddr=10.0.0.1",
        "host=localhost hostaddr=10.0.0.1", "postgresql://u:p@localhost.test/d"}) {
    EXPECT_EQ(mode_of(elsewhere), "verify-full") << elsewhere;
  }
}

TEST(PostgresTarget, TheGrantSaysItFirstAndNothingSaysPerhaps) {
  EXPECT_EQ(mode_of("host=db.test", PostgresTls::kOff), "disable");
  EXPECT_EQ(mode_of("host=db.test", PostgresTls::kRequire), "require");
  EXPECT_EQ(mode_of("host=localhost", PostgresTls::kVerifyFull), "verify-full");
  EXPECT_EQ(mode_of("host=db.test sslmode=disable", PostgresTls::kVerifyFull), "verify-full");
  EXPECT_EQ(mode_of("host=db.test sslmode=disable"), "disable");
  EXPECT_EQ(mode_of("host=localhost sslmode=verify-ca"), "verify-ca");
  EXPECT_EQ(mode_of("host=db.test sslmode=prefer"), "invalid");
  EXPECT_EQ(mode_of("host=localhost sslmode=allow"), "invalid");
  EXPECT_EQ(mode_of("host=a,b"), "invalid");
  EXPECT_EQ(mode_of("nonsense"), "invalid");
  EXPECT_FALSE(read_target("host=db.test", {}, "")->authorities.empty()) << "the system's";
  EXPECT_EQ(read_target("host=db.test", {}, "/ca.pem")->authorities, "/ca.pem");
}

TEST(PostgresTarget, AGrantSaysItInItsOwnWords) {
  const auto check = [](std::string_view more) {
    const std::string text = fmt::format("[d]\npostgres_file = \"s\"\n{}", more);
    return parse_grant(*actor::parse_settings(text, "/t.toml", {}));
  };
  EXPECT_EQ(check("")->databases[0].tls, std::nullopt);
  EXPECT_EQ(check("tls = \"require\"")->databases[0].tls, PostgresTls::kRequire);
  EXPECT_EQ(check("tls_authorities = \"ca.pem\"")->databases[0].tls_authorities, "/ca.pem");
  EXPECT_FALSE(check("tls = \"prefer\""));
  EXPECT_FALSE(check("tls = \"require\"\ntls_authorities = \"ca.pem\""));
  EXPECT_FALSE(check("tls_authorities = \"../ca.pem\""));
  EXPECT_FALSE(
      parse_grant(*actor::parse_settings("[d]\nsqlite = \"d\"\ntls = \"off\"", "/t.toml", {})));
}

struct PostgresTlsTest : ::testing::Test {
  void SetUp() override {
    if (!PostgresServer::is_installed()) GTEST_SKIP() << "no PostgreSQL 15 here";
  }
  /// Whether the session to it goes by TLS; nothing: there is none, for `code`.
  std::optional<bool> is_secure(const std::string& connection, std::string_view grant) {
    Desk desk(fmt::format("[d]\npostgres_environment = \"D\"\n{}", grant),
              io::Environment{{"D", connection}});
    const auto asked =
        desk.query(testing::sql("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"));
    const Ending end = desk.end_of(asked);
    if (!end) {
      code = end.error().code;
      message = end.error().message;
      return std::nullopt;
    }
    return std::get<Value::kBoolean>(end->front().rows.front().front().value);
  }
  GuestCode code{};
  std::string message;
};

TEST_F(PostgresTlsTest, ItIsAsSafeAsTheGrantSays) {
  const PostgresServer server(Way::kTls);
  const std::string trust = fmt::format("tls_authorities = \"{}\"\n", server.certificate());
  const std::string known = server.connection_to("localhost");
  EXPECT_EQ(is_secure(known, ""), false) << "on this machine";
  EXPECT_EQ(is_secure(known, "tls = \"off\"\n"), false);
  EXPECT_EQ(is_secure(known, "tls = \"require\"\n"), true);
  EXPECT_EQ(is_secure(known, "tls = \"verify-full\"\n" + trust), true);
  EXPECT_EQ(is_secure(known, "tls = \"verify-full\"\n"), std::nullopt) << "nobody vouches for it";
  EXPECT_EQ(code, GuestCode::kTls) << message;
  const std::string other = server.connection_to("db.test") + " hostaddr=127.0.0.1";
  EXPECT_EQ(is_secure(other, "tls = \"verify-full\"\n" + trust), std::nullopt);
  EXPECT_EQ(code, GuestCode::kTls) << message;
  EXPECT_EQ(is_secure(other, "tls = \"require\"\n"), true);
}

TEST_F(PostgresTlsTest, NothingGoesPlainWhereTlsIsAskedFor) {
  const PostgresServer server(Way::kPlain);
  const std::string known = server.connection_to("localhost");
  EXPECT_EQ(is_secure(known, ""), false);
  EXPECT_EQ(is_secure(known, "tls = \"require\"\n"), std::nullopt);
  EXPECT_EQ(code, GuestCode::kTls) << message;
  EXPECT_EQ(is_secure(known + " sslmode=prefer", ""), std::nullopt);
  EXPECT_EQ(code, GuestCode::kInvalid) << message;
}

/// Notes what becomes of a link.
struct Waiter final : LinkUser {
  void on_link_resolved() override {}
  void on_link_open() override { is_open = true; }
  void on_link_failed(const host::GuestError& why) override { failure = why; }
  bool on_link_result(PGresult* result) override {
    has_ended = result == nullptr;
    if (result != nullptr && ++results == 1) on_first_result();
    return true;
  }
  void on_link_notified(std::string_view, std::string_view) override {}
  bool is_done() const { return is_open || failure; }

  bool is_open = false;
  std::optional<host::GuestError> failure;
  std::size_t results = 0;
  bool has_ended = false;  // the command
  std::function<void()> on_first_result = [] {};
};

struct PostgresAddresses : PostgresTlsTest {
  host::FakeShard shard;
  Waiter waiter;

  PostgresLink::Options to(const PostgresServer& server,
                           Result<std::vector<std::string>> (*resolve)(const std::string&)) {
    return {[connection = server.connection_to("db.test")] { return connection; },
            std::chrono::seconds(9),
            1 << 20,
            PostgresTls::kOff,
            "",
            resolve};
  }
  void run() {
    run_until([this] { return waiter.is_done(); });
  }
  void run_until(const std::function<bool()>& is_done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!is_done() && std::chrono::steady_clock::now() < end) {
      shard.executor.run();
      if (shard.executor.task_count() == 0) shard.descriptors.poll_for(Milliseconds(10));
    }
  }
};
using Addresses = Result<std::vector<std::string>>;

/// Others have their turn in between (BLOCK-1).
TEST_F(PostgresAddresses, ManyRowsAreTakenSomeInEachTask) {
  const PostgresServer server(Way::kPlain);
  const auto resolve = [](const std::string&) -> Addresses {
    return std::vector<std::string>{"127.0.0.1"};
  };
  PostgresLink link(to(server, resolve), shard.services, waiter);
  link.open();
  run();
  ASSERT_TRUE(waiter.is_open) << waiter.failure->message;
  std::size_t before_task = 0;
  waiter.on_first_result = [&] { shard.executor.post([&] { before_task = waiter.results; }); };
  constexpr std::size_t kRows = 20 * kResultsAtOnce;
  link.send(fmt::format("SELECT generate_series(1, {})", kRows), PostgresParams(),
            PostgresLink::End::kNow);
  link.dispatch();
  run_until([this] { return waiter.has_ended || waiter.failure; });
  EXPECT_TRUE(waiter.has_ended);
  EXPECT_GT(waiter.results, kRows) << "each row, and the end";
  EXPECT_GT(before_task, 0u);
  EXPECT_LE(before_task, kResultsAtOnce);
}

TEST_F(PostgresAddresses, WhatCannotBeReadIsNoConnection) {
  const PostgresServer server(Way::kPlain);
  auto options = to(server, &resolve_all);
  options.read_connection = []() -> Result<std::string> {
    return theater::fail(Code::kNotFound, "no such file");
  };
  PostgresLink link(options, shard.services, waiter);
  link.open();
  EXPECT_FALSE(waiter.is_done()) << "not inside the call";
  run();
  ASSERT_TRUE(waiter.failure);
  EXPECT_EQ(waiter.failure->code, GuestCode::kInvalid);
  EXPECT_EQ(waiter.failure->message, "no such file");
}

TEST_F(PostgresAddresses, OneThatRefusesIsFollowedByTheNext) {
  const PostgresServer server(Way::kPlain);
  const auto resolve = [](const std::string&) -> Addresses {
    return std::vector<std::string>{"127.0.0.9", "127.0.0.8", "127.0.0.1"};
  };
  PostgresLink link(to(server, resolve), shard.services, waiter);
  link.open();
  run();
  EXPECT_TRUE(waiter.is_open) << waiter.failure->message;
  EXPECT_EQ(shard.executor.timer_count(), 0u);
}

TEST_F(PostgresAddresses, WhereNoneAnswersTheLastOneSaysWhy) {
  const PostgresServer server(Way::kPlain);
  const auto resolve = [](const std::string&) -> Addresses {
    return std::vector<std::string>{"127.0.0.9", "127.0.0.8"};
  };
  PostgresLink link(to(server, resolve), shard.services, waiter);
  link.open();
  run();
  ASSERT_TRUE(waiter.failure);
  EXPECT_EQ(waiter.failure->code, GuestCode::kUnreachable);
  EXPECT_NE(waiter.failure->message.find("127.0.0.8"), std::string::npos);
  EXPECT_EQ(shard.executor.timer_count(), 0u);
  EXPECT_EQ(shard.descriptors.size(), 0u);
}

TEST_F(PostgresAddresses, OneThatIsSilentHasItsShareOfTheTime) {
  const PostgresServer server(Way::kPlain);
  // Takes connections and says nothing.
  const int silent = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in place{};
  place.sin_family = AF_INET;
  ASSERT_EQ(::inet_pton(AF_INET, "127.0.0.9", &place.sin_addr), 1);
  place.sin_port = htons(server.port());
  ASSERT_EQ(::bind(silent, reinterpret_cast<sockaddr*>(&place), sizeof place), 0);
  ASSERT_EQ(::listen(silent, 8), 0);
  const auto resolve = [](const std::string&) -> Addresses {
    return std::vector<std::string>{"127.0.0.9", "127.0.0.9", "127.0.0.1"};
  };
  PostgresLink link(to(server, resolve), shard.services, waiter);
  link.open();
  const auto pass = [this](std::int64_t milliseconds) {
    for (int turns = 0; turns < 20; ++turns) {
      shard.executor.run();
      shard.descriptors.poll_for(Milliseconds(5));
    }
    shard.executor.advance(Milliseconds(milliseconds));
  };
  pass(2990);
  EXPECT_FALSE(waiter.is_done());
  pass(20);  // 3 of 9 seconds
  pass(2900);
  EXPECT_FALSE(waiter.is_done()) << "the next has as much";
  pass(200);
  run();
  EXPECT_TRUE(waiter.is_open);
  ::close(silent);
}

}  // namespace
}  // namespace theater::hosts::database
