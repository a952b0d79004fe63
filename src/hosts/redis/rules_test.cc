// A guest asks for nothing that its grant does not name, and for nothing that would change or hold
// up the connection which others share.
#include "hosts/redis/rules.h"

#include <gtest/gtest.h>

namespace theater::hosts::redis {
namespace {

using host::GuestCode;
using Outcome = std::optional<GuestCode>;

Commands commands(std::initializer_list<std::initializer_list<const char*>> lines) {
  Commands all;
  for (const auto& line : lines) {
    Command words;
    for (const char* word : line) words.push_back(to_bytes(as_bytes(word)));
    all.push_back(std::move(words));
  }
  return all;
}

Outcome check(const Commands& asked, std::vector<std::string> granted = {"*"},
              const Limits& limits = {}) {
  ServerGrant server;
  server.commands = std::move(granted);
  const auto outcome = check_commands(asked, server, limits);
  return outcome ? Outcome() : outcome.error().code;
}

TEST(RedisRules, OnlyWhatIsGranted) {
  EXPECT_EQ(check(commands({{"get", "a"}, {"Set", "a", "b"}}), {"GET", "SET"}), std::nullopt);
  EXPECT_EQ(check(commands({{"GET", "a"}, {"DEL", "a"}}), {"GET", "SET"}), GuestCode::kDenied);
  EXPECT_EQ(check(commands({{"GET", "a"}}), {}), GuestCode::kDenied);
  for (const char* command : {"FLUSHALL", "config", "Eval", "FCALL", "MIGRATE", "MOVE"}) {
    EXPECT_EQ(check(commands({{command, "x"}})), GuestCode::kDenied) << command;
  }
  EXPECT_EQ(check(commands({{"FLUSHALL"}}), {"FLUSHALL"}), std::nullopt);
  EXPECT_EQ(check(commands({{"GET\r\nDEL", "a"}}), {"GET"}), GuestCode::kDenied);
}

TEST(RedisRules, CopiesStayInTheirDatabase) {
  EXPECT_EQ(check(commands({{"COPY", "a", "b", "REPLACE"}}), {"COPY"}), std::nullopt);
  EXPECT_EQ(check(commands({{"copy", "a", "b"}})), std::nullopt) << "by *";
  EXPECT_EQ(check(commands({{"COPY", "db", "DB"}}), {"COPY"}), std::nullopt) << "keys";
  for (const char* granted : {"COPY", "*"}) {
    EXPECT_EQ(check(commands({{"COPY", "a", "a", "DB", "3"}}), {granted}), GuestCode::kDenied);
  }
  EXPECT_EQ(check(commands({{"copy", "a", "a", "REPLACE", "db", "3"}}), {"*", "COPY"}),
            GuestCode::kDenied);
}

TEST(RedisRules, NeverWhatOthersWouldFeel) {
  for (const char* command : {"AUTH", "select", "Subscribe", "BLPOP", "CLIENT", "MONITOR", "QUIT",
                              "WATCH", "WAIT", "HELLO", "RESET"}) {
    EXPECT_EQ(check(commands({{command, "x"}})), GuestCode::kDenied) << command;
    EXPECT_FALSE(may_be_granted(upper(as_bytes(command)))) << command;
  }
  EXPECT_EQ(check(commands({{"XREAD", "STREAMS", "a", "0"}})), std::nullopt);
  EXPECT_EQ(check(commands({{"xread", "block", "0", "STREAMS", "a", "0"}})), GuestCode::kDenied);
}

TEST(RedisRules, TransactionsEndWhereTheyBegan) {
  EXPECT_EQ(check(commands({{"MULTI"}, {"INCR", "a"}, {"EXEC"}, {"MULTI"}, {"DISCARD"}})),
            std::nullopt);
  EXPECT_EQ(check(commands({{"MULTI"}, {"INCR", "a"}})), GuestCode::kInvalid);
  EXPECT_EQ(check(commands({{"EXEC"}})), GuestCode::kInvalid);
  EXPECT_EQ(check(commands({{"MULTI"}, {"MULTI"}, {"EXEC"}})), GuestCode::kInvalid);
  // The server would refuse these for their arguments, and stay in or out of the transaction.
  EXPECT_EQ(check(commands({{"MULTI"}, {"EXEC", "x"}})), GuestCode::kInvalid);
  EXPECT_EQ(check(commands({{"MULTI"}, {"DISCARD", "x"}})), GuestCode::kInvalid);
  EXPECT_EQ(check(commands({{"MULTI", "x"}, {"EXEC"}})), GuestCode::kInvalid);
}

TEST(RedisRules, Bounds) {
  EXPECT_EQ(check({}), GuestCode::kInvalid);
  EXPECT_EQ(check({{}}), GuestCode::kInvalid);
  Limits limits;
  limits.commands_max = 2;
  limits.request_max = 100;
  EXPECT_EQ(check(commands({{"GET", "a"}, {"GET", "a"}, {"GET", "a"}}), {"*"}, limits),
            GuestCode::kInvalid);
  EXPECT_EQ(check(commands({{"GET", std::string(100, 'x').c_str()}}), {"*"}, limits),
            GuestCode::kTooLarge);
}

TEST(RedisRules, Channels) {
  ServerGrant server;
  server.channels = {"news", "chat.*"};
  const auto check_names = [&](std::vector<std::string> channels,
                               std::vector<std::string> patterns) -> Outcome {
    const auto outcome = check_channels(channels, patterns, server);
    return outcome ? Outcome() : outcome.error().code;
  };
  EXPECT_EQ(check_names({"news", "chat.x"}, {"chat.*"}), std::nullopt);
  EXPECT_EQ(check_names({"newsletter"}, {}), GuestCode::kDenied);
  EXPECT_EQ(check_names({}, {"*"}), GuestCode::kDenied);
  EXPECT_EQ(check_names({}, {"[c]hat.x"}), GuestCode::kDenied);
  EXPECT_EQ(check_names({}, {}), GuestCode::kInvalid);
  EXPECT_EQ(check_names({""}, {}), GuestCode::kInvalid);
  server.commands = {"*"};
  for (const char* command : {"PUBLISH", "spublish"}) {
    EXPECT_TRUE(check_commands(commands({{command, "chat.x", "hello"}}), server, {}));
    const auto refused = check_commands(commands({{command, "other", "hello"}}), server, {});
    ASSERT_FALSE(refused) << command;
    EXPECT_EQ(refused.error().code, GuestCode::kDenied);
  }
}

}  // namespace
}  // namespace theater::hosts::redis
