// Rules: lists of commands, and checks.
#include "hosts/redis/rules.h"

#include <algorithm>
#include <array>

#include "hosts/redis/reply_reader.h"

namespace theater::hosts::redis {

using host::GuestCode;
using host::refuse;

namespace {

/// They change the connection for whoever comes next, make it speak unasked, or wait on it.
constexpr std::array<std::string_view, 33> kNever{
    "ASKING", "AUTH",         "BLMOVE",    "BLMPOP",       "BLPOP",     "BRPOP",       "BRPOPLPUSH",
    "BZMPOP", "BZPOPMAX",     "BZPOPMIN",  "CLIENT",       "HELLO",     "MONITOR",     "PSUBSCRIBE",
    "PSYNC",  "PUNSUBSCRIBE", "QUIT",      "READONLY",     "READWRITE", "REPLCONF",    "RESET",
    "SELECT", "SSUBSCRIBE",   "SUBSCRIBE", "SUNSUBSCRIBE", "SYNC",      "UNSUBSCRIBE", "UNWATCH",
    "WAIT",   "WAITAOF",      "WATCH",     "SHUTDOWN",     "DEBUG"};
/// They concern the server, not its data, or reach beyond the database of the grant (MIGRATE,
/// MOVE), or run programs that may do any of it: a grant names them or leaves them out.
constexpr std::array<std::string_view, 31> kByNameOnly{
    "ACL",     "BGREWRITEAOF", "BGSAVE", "CLUSTER",  "COMMAND",  "CONFIG",   "EVAL",    "EVALSHA",
    "EVAL_RO", "EVALSHA_RO",   "FCALL",  "FCALL_RO", "FAILOVER", "FLUSHALL", "FLUSHDB", "FUNCTION",
    "INFO",    "LATENCY",      "MEMORY", "MIGRATE",  "MODULE",   "MOVE",     "PFDEBUG", "REPLICAOF",
    "ROLE",    "SAVE",         "SCRIPT", "SLAVEOF",  "SLOWLOG",  "SWAPDB",   "LASTSAVE"};

bool holds(std::span<const std::string_view> list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

bool is_allowed(std::string_view command, const ServerGrant& server) {
  if (holds(kNever, command)) return false;
  const auto is_named = [&](std::string_view name) {
    return std::ranges::find(server.commands, name) != server.commands.end();
  };
  return is_named(command) || (is_named("*") && !holds(kByNameOnly, command));
}

/// XREAD and XREADGROUP wait if they are told to.
bool would_wait(std::string_view command, const Command& words) {
  if (command != "XREAD" && command != "XREADGROUP") return false;
  return std::ranges::any_of(words, [](const Bytes& word) { return upper(word) == "BLOCK"; });
}

bool covers(const std::vector<std::string>& rules, std::string_view name) {
  return std::ranges::any_of(rules, [&](std::string_view rule) {
    if (!rule.ends_with('*')) return rule == name;
    return name.starts_with(rule.substr(0, rule.size() - 1));
  });
}

/// COPY source destination [DB n] [REPLACE]: the two keys may have any name.
bool leaves_database(std::string_view command, const Command& words) {
  constexpr std::size_t kOptions = 3;
  return command == "COPY" && words.size() > kOptions &&
         std::ranges::any_of(std::span(words).subspan(kOptions),
                             [](const Bytes& word) { return upper(word) == "DB"; });
}

bool is_of_transaction(std::string_view command) {
  return command == "MULTI" || command == "EXEC" || command == "DISCARD";
}

/// What is published goes where the grant's subscriptions may be, and nowhere else.
bool may_publish(const Command& words, const ServerGrant& server) {
  return words.size() < 2 || covers(server.channels, as_text(words[1]));
}

host::Outcome check_command(const Command& words, const ServerGrant& server) {
  if (words.empty() || words.size() > kArgumentsMax) {
    return refuse(GuestCode::kInvalid, "a command has 1 to {} words", kArgumentsMax);
  }
  const std::string command = upper(words.front());
  if (!is_allowed(command, server)) {
    return refuse(GuestCode::kDenied, "the grant of {} does not allow {}", server.name,
                  to_text(as_bytes(std::string_view(command).substr(0, kNameBytesMax))));
  }
  if (would_wait(command, words)) return refuse(GuestCode::kDenied, "{} may not wait", command);
  if (leaves_database(command, words)) {
    return refuse(GuestCode::kDenied, "{} stays in its database", command);
  }
  // With one word more the server would refuse it, and leave the transaction as it was.
  if (is_of_transaction(command) && words.size() > 1) {
    return refuse(GuestCode::kInvalid, "{} takes no arguments", command);
  }
  if (publishes(command) && !may_publish(words, server)) {
    return refuse(GuestCode::kDenied, "the grant of {} does not allow this channel", server.name);
  }
  return {};
}

}  // namespace

std::string upper(ByteSpan word) {
  std::string out(as_text(word));
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  return out;
}

bool may_be_granted(std::string_view command) { return !holds(kNever, command); }

bool publishes(std::string_view command) { return command == "PUBLISH" || command == "SPUBLISH"; }

host::Outcome check_commands(const Commands& commands, const ServerGrant& server,
                             const Limits& limits) {
  if (commands.empty() || commands.size() > limits.commands_max) {
    return refuse(GuestCode::kInvalid, "an operation has 1 to {} commands", limits.commands_max);
  }
  std::size_t bytes = 0;
  bool is_transaction = false;
  for (const Command& words : commands) {
    for (const Bytes& word : words) bytes += word.size() + kValueOverhead;
    if (auto good = check_command(words, server); !good) return good;
    const std::string command = upper(words.front());
    const bool is_begin = command == "MULTI";
    const bool is_end = command == "EXEC" || command == "DISCARD";
    if ((is_begin && is_transaction) || (is_end && !is_transaction)) {
      return refuse(GuestCode::kInvalid, "{} does not belong here", command);
    }
    is_transaction = is_begin || (is_transaction && !is_end);
  }
  if (is_transaction) return refuse(GuestCode::kInvalid, "MULTI ends in the same operation");
  if (bytes <= limits.request_max) return {};
  return refuse(GuestCode::kTooLarge, "{} bytes, request_max is {}", bytes, limits.request_max);
}

host::Outcome check_channels(const std::vector<std::string>& channels,
                             const std::vector<std::string>& patterns, const ServerGrant& server) {
  const std::size_t count = channels.size() + patterns.size();
  if (count == 0 || count > kChannelsMax) {
    return refuse(GuestCode::kInvalid, "a subscription has 1 to {} channels", kChannelsMax);
  }
  for (const auto* names : {&channels, &patterns}) {
    for (const std::string& name : *names) {
      if (name.empty() || name.size() > kChannelBytesMax) {
        return refuse(GuestCode::kInvalid, "a channel has 1 to {} bytes", kChannelBytesMax);
      }
      if (covers(server.channels, name)) continue;
      return refuse(GuestCode::kDenied, "the grant of {} does not allow channel {}", server.name,
                    name);
    }
  }
  return {};
}

}  // namespace theater::hosts::redis
