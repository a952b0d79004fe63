// Each operation has one end, which says what the server said or why nobody knows; operations share
// a connection and get their own answers; a password comes first; what is published arrives or its
// gap does; silence, noise and broken connections end what they concern; after stop nothing is
// open.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "host/fake_actor.h"
#include "hosts/redis/family.h"
#include "hosts/redis/instance.h"
#include "hosts/redis/test_server.h"

namespace theater::hosts::redis {
namespace {

using host::GuestCode;
using std::chrono::seconds;

constexpr std::size_t kCommandsCall = 0, kSubscribeCall = 1;

struct RedisTest : testing::Test {
  using Seen = std::vector<std::string>;
  host::FakeShard shard;
  host::FakeActor actor;
  std::unique_ptr<host::Family> family = make_family();
  std::unique_ptr<actor::FamilyInstance> instance;
  std::uint64_t next_id = 1;

  ~RedisTest() override {
    if (instance) instance->stop(actor::StopMode::kKill);
    EXPECT_TRUE(!instance || instance->census().is_empty());
    instance.reset();
    EXPECT_EQ(shard.executor.timer_count(), 0u);
  }
  void begin(std::string_view limits = "", std::string_view server = "") {
    const std::string text = fmt::format(
        "{}\n[servers.main]\naddress = \"127.0.0.1:6379\"\ncommands = [\"*\"]\n"
        "channels = [\"news\", \"chat.*\"]\n{}",
        limits, server);
    const auto table = actor::parse_settings(text, "test.toml", {});
    auto made = family->create(*table, {shard.services, actor});
    ASSERT_TRUE(made) << made.error().message;
    instance = std::move(*made);
    actor.ports = instance->operations();
    const Status status = instance->recover();
    ASSERT_TRUE(status) << status.error().message;
  }
  std::optional<GuestCode> start(std::size_t function, const Bytes& arguments) {
    Bytes result;
    actor::CallContext context;
    context.next_id = next_id;
    instance->call(function, arguments, context, result);
    instance->settle(actor::Settlement::kCommitted);
    if (result[0] != 0) return static_cast<GuestCode>(result[1]);
    instance->perform({function, arguments, next_id, Seq{1}, 0});
    ++next_id;
    shard.executor.run();
    return std::nullopt;
  }
  std::optional<GuestCode> ask(std::initializer_list<std::string_view> lines,
                               std::string_view server = "main") {
    Commands commands;
    for (std::string_view line : lines) {
      Command words;
      while (!line.empty()) {
        const auto space = line.find(' ');
        words.push_back(to_bytes(as_bytes(line.substr(0, space))));
        line = space == line.npos ? "" : line.substr(space + 1);
      }
      commands.push_back(std::move(words));
    }
    return start(kCommandsCall, host::arguments_of(std::string(server), commands));
  }
  std::optional<GuestCode> subscribe(std::vector<std::string> channels,
                                     std::vector<std::string> patterns = {}) {
    return start(kSubscribeCall, host::arguments_of(std::string("main"), channels, patterns));
  }
  TestServer server() {
    shard.executor.run();
    auto end = shard.network.take_dialled();
    EXPECT_TRUE(end) << "nobody dialled";
    return TestServer(*end);
  }
  Seen take() {
    shard.executor.run();
    Seen seen;
    actor::EventBatch batch({});
    instance->events()->take(batch);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const auto event = *wasm::from_binary<host::Event<Payload>>(batch[i]);
      seen.push_back(fmt::format("{}: {}", event.id, describe(event.payload)));
      if (const auto* origin = batch.origin(i)) {
        instance->operations()->delivered(origin->operation);
      }
    }
    shard.executor.run();
    return seen;
  }
  static std::string describe(const Payload& payload) {
    if (const auto* gap = std::get_if<Payload::kGap>(&payload.value)) {
      return fmt::format("gap {}", *gap);
    }
    if (const auto* published = std::get_if<Payload::kPublished>(&payload.value)) {
      return fmt::format("{} on {}", as_text(std::get<1>(*published)), std::get<0>(*published));
    }
    const Ending& ending = std::get<Payload::kEnded>(payload.value);
    if (!ending) {
      const auto code = static_cast<std::size_t>(ending.error().code);
      return fmt::format("error {}", wasm::WitLabels<GuestCode>::kLabels[code]);
    }
    std::string text;
    for (const Value& value : *ending) text += Value::kWitCases[value.value.index()][0];
    return text;  // n, i, t, b, f, a
  }
  void pass(Nanoseconds span) {
    shard.executor.advance(span);
    shard.executor.run();
  }
};

/// Lets go of its link at the first reply, as an actor does whose log has failed.
struct Quitter final : LinkUser {
  void on_open() override {}
  void on_reply(Reply) override {
    ++replies;
    link.reset();
  }
  void on_lost(const host::GuestError&) override {}
  std::unique_ptr<Link> link;
  int replies = 0;
};

TEST(RedisLink, MayGoInsideAReply) {
  host::FakeShard shard;
  ServerGrant server;
  server.host = "127.0.0.1";
  server.port = 6379;
  const Limits limits;
  Quitter user;
  LinkUser& told = user;
  user.link = std::make_unique<Link>(LinkSetup{server, limits, nullptr, shard.services, told});
  user.link->start();
  shard.executor.run();
  auto end = shard.network.take_dialled();
  ASSERT_TRUE(end);
  end->send("+OK\r\n+OK\r\n");
  shard.executor.run();
  EXPECT_EQ(user.replies, 1);
  EXPECT_EQ(shard.executor.timer_count(), 0u);
}

TEST_F(RedisTest, AsksAndIsAnswered) {
  begin();
  EXPECT_EQ(ask({"SET a 1", "GET a"}), std::nullopt);
  TestServer it = server();
  EXPECT_EQ(it.commands(), (Seen{"SET a 1", "GET a"}));
  it.say("+OK\r\n$1\r\n1\r\n");
  EXPECT_EQ(take(), Seen{"1: tb"});
  EXPECT_EQ(ask({"LRANGE l 0 9"}), std::nullopt);
  EXPECT_FALSE(shard.network.take_dialled()) << "the connection is kept";
  it.say("*2\r\n:1\r\n$-1\r\n");
  EXPECT_EQ(take(), Seen{"2: ain"});
  pass(seconds(61));
  EXPECT_TRUE(it.end().is_gone()) << "nobody needs it";
}

TEST_F(RedisTest, OperationsShareTheConnectionAndGetTheirOwnAnswers) {
  begin();
  for (const char* line : {"INCR a", "BAD", "GET b"}) ask({line});
  TestServer it = server();
  EXPECT_EQ(it.commands(), (Seen{"INCR a", "BAD", "GET b"}));
  it.say(":1\r\n-ERR unknown\r\n$-1");
  EXPECT_EQ(take(), (Seen{"1: i", "2: f"}));
  it.say("\r\n");
  EXPECT_EQ(take(), Seen{"3: n"});
}

TEST_F(RedisTest, OnlyWhatTheGrantNames) {
  begin();
  EXPECT_EQ(ask({"GET a"}, "other"), GuestCode::kDenied);
  EXPECT_EQ(ask({"SUBSCRIBE a"}), GuestCode::kDenied);
  EXPECT_EQ(subscribe({"secret"}), GuestCode::kDenied);
  EXPECT_EQ(subscribe({}), GuestCode::kInvalid);
  EXPECT_FALSE(shard.network.take_dialled());
}

TEST_F(RedisTest, APasswordComesFirst) {
  const auto path =
      std::filesystem::temp_directory_path() / fmt::format("theater-redis-{}", ::getpid());
  std::ofstream(path) << "s3cret\n";
  begin("", fmt::format("password_file = \"{}\"\nuser = \"app\"\ndatabase = 3\n", path.string()));
  std::filesystem::remove(path);
  ask({"GET a"});
  TestServer it = server();
  EXPECT_EQ(it.commands(), (Seen{"AUTH app s3cret", "SELECT 3"}));
  it.say("+OK\r\n");
  shard.executor.run();
  EXPECT_TRUE(it.commands().empty()) << "nothing is asked before the server agrees";
  it.say("+OK\r\n");
  shard.executor.run();
  EXPECT_EQ(it.commands(), Seen{"GET a"});
  it.say(":1\r\n");
  EXPECT_EQ(take(), Seen{"1: i"});
  it.end().reset();
  shard.executor.run();
  ask({"GET a"});
  server().say("-WRONGPASS no\r\n");
  EXPECT_EQ(take(), Seen{"2: error remote"});
}

TEST_F(RedisTest, AServerMayRefuseUnasked) {
  begin();
  constexpr std::string_view kRefusal = "-ERR max number of clients reached\r\n";
  ask({"GET a"});
  TestServer it = server();
  it.say(kRefusal);
  it.end().end();
  const Seen seen = take();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_TRUE(seen[0] == "1: f" || seen[0] == "1: error remote") << seen[0];
  subscribe({"news"});
  TestServer full = server();
  full.say(kRefusal);
  full.end().end();
  EXPECT_TRUE(take().empty());
  pass(seconds(1));
  TestServer roomy = server();
  roomy.answer();
  EXPECT_EQ(take(), Seen{"2: gap 0"}) << "it was asked again";
}

TEST_F(RedisTest, ASubscriptionNobodyConfirmsIsMadeAgain) {
  begin("idle = \"10s\"\n");
  subscribe({"news"});
  TestServer silent = server();
  pass(seconds(31));
  EXPECT_TRUE(silent.end().is_gone());
  EXPECT_TRUE(shard.network.take_dialled());
  EXPECT_TRUE(take().empty());
}

TEST_F(RedisTest, FailuresSayWhy) {
  begin("connect = \"1s\"\ntime = \"2s\"\n");
  shard.network.set_dial(io::MemoryNetwork::Dial::kRefuse);
  ask({"GET a"});
  EXPECT_EQ(take(), Seen{"1: error unreachable"});
  shard.network.take_dialled();
  shard.network.set_dial(io::MemoryNetwork::Dial::kHang);
  ask({"GET a"});
  pass(seconds(1));
  EXPECT_EQ(take(), Seen{"2: error deadline"});
  shard.network.take_dialled();
  shard.network.set_dial(io::MemoryNetwork::Dial::kAnswer);
  ask({"GET a"});
  ask({"GET b"});
  server().end().reset();
  EXPECT_EQ(take(), (Seen{"3: error closed", "4: error closed"}));
  ask({"GET a"});
  server().say("HTTP/1.1 400 Bad Request\r\n");
  EXPECT_EQ(take(), Seen{"5: error protocol"});
  ask({"GET a"});
  server().say(":1\r\n:2\r\n");
  EXPECT_EQ(take(), Seen{"6: i"}) << "then an answer to nothing";
  ask({"GET a"});
  TestServer silent = server();
  pass(seconds(2));
  EXPECT_EQ(take(), Seen{"7: error deadline"});
  EXPECT_TRUE(silent.end().is_gone()) << "a silent server is not waited for";
}

TEST_F(RedisTest, ACancelledOperationLeavesTheOthersTheirAnswers) {
  begin();
  ask({"GET a"});
  ask({"GET b"});
  TestServer it = server();
  instance->operations()->cancel({1});
  it.say(":1\r\n:2\r\n:3\r\n");
  EXPECT_EQ(take(), (Seen{"1: error cancelled", "2: i"}));
}

TEST_F(RedisTest, RepliesAreBounded) {
  begin("reply_max = \"64B\"\n");
  ask({"GET large"});
  ask({"GET small"});
  TestServer it = server();
  it.say("$100\r\n" + std::string(100, 'x') + "\r\n$1\r\nx\r\n");
  EXPECT_EQ(take(), (Seen{"1: error too-large", "2: b"}));
}

TEST_F(RedisTest, WhatIsPublishedArrives) {
  begin();
  EXPECT_EQ(subscribe({"news"}, {"chat.*"}), std::nullopt);
  TestServer it = server();
  it.answer();
  EXPECT_EQ(take(), Seen{"1: gap 0"});
  it.publish("news", "hello");
  it.say("*4\r\n$8\r\npmessage\r\n$6\r\nchat.*\r\n$6\r\nchat.x\r\n$2\r\nhi\r\n");
  EXPECT_EQ(take(), (Seen{"1: hello on news", "1: hi on chat.x"}));
  it.end().reset();
  EXPECT_TRUE(take().empty());
  pass(seconds(1));
  TestServer again = server();
  again.answer();
  EXPECT_EQ(take(), Seen{"1: gap 0"});
  pass(seconds(61));
  again.answer();
  shard.executor.run();
  pass(seconds(61));
  EXPECT_FALSE(again.end().is_gone()) << "it has answered";
  pass(seconds(122));
  EXPECT_TRUE(again.end().is_gone()) << "it has not";
  instance->operations()->cancel({1});
  EXPECT_EQ(take(), Seen{"1: error cancelled"});
  EXPECT_TRUE(instance->census().is_empty());
}

TEST_F(RedisTest, ASlowActorMissesTheOldest) {
  begin("published_max = 4\n");
  subscribe({"news"});
  TestServer it = server();
  it.answer();
  take();
  for (int i = 0; i < 5000; ++i) it.publish("news", std::to_string(i));
  shard.executor.run();
  EXPECT_FALSE(actor.overflows.empty());
  std::uint64_t missing = 0, seen = 0;
  std::string last;
  for (int round = 0; round < 100; ++round) {
    for (const std::string& line : take()) {
      if (line.starts_with("1: gap "))
        missing += std::stoull(line.substr(7));
      else
        ++seen, last = line;
    }
  }
  EXPECT_EQ(missing + seen, 5000u);
  EXPECT_GT(missing, 0u);
  EXPECT_EQ(last, "1: 4999 on news");
}

TEST_F(RedisTest, ARefusedChannelEndsTheSubscription) {
  begin();
  subscribe({"news"});
  server().say("-NOPERM no access\r\n");
  EXPECT_EQ(take(), Seen{"1: error remote"});
  EXPECT_TRUE(instance->census().is_empty());
}

TEST_F(RedisTest, StopsFromEveryState) {
  for (int state = 0; state < 4; ++state) {
    begin();
    ask({"GET a"});
    subscribe({"news"});
    if (state > 0) shard.executor.run();
    if (state > 1) server().answer(), server().answer();
    if (state > 2) pass(seconds(1));
    while (shard.network.take_dialled()) continue;
    instance->stop(actor::StopMode::kDrain);
    shard.executor.run();
    EXPECT_TRUE(instance->census().is_empty()) << state;
    EXPECT_EQ(shard.executor.timer_count(), 0u) << state;
  }
}

TEST_F(RedisTest, GrantsAreStrict) {
  const auto check = [&](std::string_view text) {
    return family->check_grant(*actor::parse_settings(text, "t.toml", {})).has_value();
  };
  EXPECT_TRUE(check("[servers.a]\naddress = \"[::1]:6379\""));
  EXPECT_TRUE(check("[servers.a]\naddress = \"redis.example.com:6379\"\ntls = true"));
  EXPECT_FALSE(check(""));
  EXPECT_FALSE(check("[servers.A]\naddress = \"a:1\""));
  EXPECT_FALSE(check("[servers.a]\naddress = \"a\""));
  EXPECT_FALSE(check("[servers.a]\naddress = \"::1:6379\""));
  EXPECT_FALSE(check("[servers.a]\naddress = \"a:0\""));
  EXPECT_FALSE(check("[servers.a]\naddress = \"a:1\"\ncommands = [\"auth\"]"));
  for (const std::string word : {"PUBLISH", "spublish"}) {
    const std::string grant = "[servers.a]\naddress = \"a:1\"\ncommands = [\"" + word + "\"]";
    EXPECT_FALSE(check(grant)) << "it may publish nowhere";
    EXPECT_TRUE(check(grant + "\nchannels = [\"*\"]"));
  }
  EXPECT_TRUE(check("[servers.a]\naddress = \"a:1\"\ncommands = [\"*\"]"));
  EXPECT_FALSE(check("[servers.a]\naddress = \"a:1\"\nuser = \"x\""));
  EXPECT_FALSE(check("[servers.a]\naddress = \"a:1\"\ntls_authorities = \"x\""));
  EXPECT_FALSE(check("reply_max = \"1MiB\"\n[servers.a]\naddress = \"a:1\""));
}

}  // namespace
}  // namespace theater::hosts::redis
