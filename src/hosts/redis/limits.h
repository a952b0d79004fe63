// The redis family's limits: keys of [grants.redis], and fixed bounds.
#pragma once

#include "host/limit_field.h"
#include "host/operation_plan.h"

namespace theater::hosts::redis {

using std::chrono::seconds;

struct Limits {
  std::uint64_t inflight_max = 64;       // operations on their way to servers
  std::uint64_t waiting_max = 256;       // that wait for one of these places
  std::uint64_t subscriptions_max = 16;  // a connection each
  std::uint64_t commands_max = 128;      // of one operation
  std::uint64_t request_max = 1u << 20;  // bytes of one operation's commands
  std::uint64_t reply_max = 240 * 1024;  // bytes of one operation's replies
  std::uint64_t published_max = 1024;    // of one subscription, waiting for the actor
  std::uint64_t published_bytes = 1u << 20;
  Nanoseconds connect = seconds(5);  // name, address, TCP, TLS, password
  Nanoseconds time = seconds(10);    // of one operation, from its start
  Nanoseconds idle = seconds(60);    // of a connection nobody needs
};

namespace limits_detail {
using Field = host::LimitField<Limits>;
inline constexpr auto kBytes = Field::Unit::kBytes;
inline constexpr std::int64_t kMillisecond = 1'000'000;
inline constexpr std::int64_t kDay = 86'400'000 * kMillisecond;
inline constexpr std::int64_t kMiB = 1 << 20;
inline constexpr std::int64_t kReplyMost = 240 * 1024;  // an inline last event, and its frame
}  // namespace limits_detail

inline constexpr host::LimitField<Limits> kLimitFields[] = {
    {"inflight_max", &Limits::inflight_max, 1, 4096},
    {"waiting_max", &Limits::waiting_max, 1, 65'536},
    {"subscriptions_max", &Limits::subscriptions_max, 0, 1024},
    {"commands_max", &Limits::commands_max, 1, 4096},
    {"request_max", &Limits::request_max, 64, 64 * limits_detail::kMiB, limits_detail::kBytes},
    {"reply_max", &Limits::reply_max, 64, limits_detail::kReplyMost, limits_detail::kBytes},
    {"published_max", &Limits::published_max, 1, 65'536},
    {"published_bytes", &Limits::published_bytes, 1024, 64 * limits_detail::kMiB,
     limits_detail::kBytes},
    {"connect", &Limits::connect, 10 * limits_detail::kMillisecond, limits_detail::kDay},
    {"time", &Limits::time, 10 * limits_detail::kMillisecond, limits_detail::kDay},
    {"idle", &Limits::idle, 10 * limits_detail::kMillisecond, limits_detail::kDay},
};

inline constexpr std::size_t kServersMax = 16;          // of one grant
inline constexpr std::size_t kNameBytesMax = 64;        // of a server's name
inline constexpr std::size_t kArgumentsMax = 1024;      // of one command
inline constexpr std::size_t kChannelsMax = 64;         // channels and patterns of one subscription
inline constexpr std::size_t kChannelBytesMax = 1024;   // of one name
inline constexpr std::size_t kPasswordBytesMax = 4096;  // of a password's file
inline constexpr std::size_t kLineBytesMax = 64 * 1024;  // a status, an error, a number
inline constexpr std::size_t kDepthMax = 16;             // arrays in arrays
inline constexpr std::size_t kOrphansMax = 64;  // replies nobody awaits, before the link is dropped
inline constexpr std::size_t kValueOverhead = 16;  // bytes a value counts beside its own
inline constexpr std::size_t kReadBytes = 16 * 1024;
inline constexpr int kReadsMax = 16;  // in one turn
inline constexpr Nanoseconds kPauseMin =
    std::chrono::milliseconds(200);                    // before subscribing again;
inline constexpr Nanoseconds kPauseMax = seconds(30);  // doubles up to this

}  // namespace theater::hosts::redis
