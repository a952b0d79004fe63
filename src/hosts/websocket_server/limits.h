// The websocket-server family's limits: keys of [grants.websocket-server], and fixed bounds.
#pragma once

#include "host/limit_field.h"

namespace theater::hosts::websocket_server {

using std::chrono::seconds;

struct Limits {
  std::uint64_t connections_max = 10'000;
  std::uint64_t message_max = 1u << 20;      // bytes, after inflation
  std::uint64_t unfinished_max = 64u << 20;  // bytes of all messages that are not complete
  std::uint64_t attachment_max = 16 * 1024;  // bytes
  std::uint64_t topics_max = 1024;           // with at least one subscriber
  std::uint64_t queue_items = 1024;          // events that wait for the actor
  std::uint64_t queue_bytes = 8u << 20;
  std::uint64_t credit_messages = 16;  // of one connection, waiting for the actor
  std::uint64_t credit_bytes = 256 * 1024;
  std::uint64_t out_high = 1u << 20;       // outgoing bytes: congested
  std::uint64_t out_low = 256 * 1024;      // drained
  std::uint64_t out_hard = 4u << 20;       // send answers full
  std::uint64_t out_total = 256u << 20;    // held for all clients: beyond it the slow are closed
  std::uint64_t topic_bytes = 256 * 1024;  // outgoing bytes up to which publish queues
  Nanoseconds upgrade = seconds(10);       // head complete; an asked guest has answered
  Nanoseconds message_wait = seconds(30);  // a message is complete
  Nanoseconds ping = seconds(30);          // silence before a ping
  Nanoseconds idle = seconds(120);         // silence before the end
  Nanoseconds close = seconds(5);          // for the peer to answer a close
  Nanoseconds slow = seconds(30);          // above out_high before the end
};

namespace limits_detail {
using Field = host::LimitField<Limits>;
inline constexpr auto kBytes = Field::Unit::kBytes;
inline constexpr std::int64_t kSecond = 1'000'000'000;
inline constexpr std::int64_t kGiB = 1 << 30;
}  // namespace limits_detail

inline constexpr host::LimitField<Limits> kLimitFields[] = {
    {"connections_max", &Limits::connections_max, 1, 1'000'000},
    {"message_max", &Limits::message_max, 1, limits_detail::kGiB / 8, limits_detail::kBytes},
    {"unfinished_max", &Limits::unfinished_max, 65'536, 1024 * limits_detail::kGiB,
     limits_detail::kBytes},
    {"attachment_max", &Limits::attachment_max, 0, 1 << 20, limits_detail::kBytes},
    {"topics_max", &Limits::topics_max, 0, 1'000'000},
    {"queue_items", &Limits::queue_items, 1, 1'000'000},
    {"queue_bytes", &Limits::queue_bytes, 4096, limits_detail::kGiB, limits_detail::kBytes},
    {"credit_messages", &Limits::credit_messages, 1, 65'536},
    {"credit_bytes", &Limits::credit_bytes, 1024, limits_detail::kGiB, limits_detail::kBytes},
    {"out_high", &Limits::out_high, 1024, limits_detail::kGiB, limits_detail::kBytes},
    {"out_low", &Limits::out_low, 1, limits_detail::kGiB, limits_detail::kBytes},
    {"out_hard", &Limits::out_hard, 1024, limits_detail::kGiB, limits_detail::kBytes},
    {"out_total", &Limits::out_total, 65'536, 1024 * limits_detail::kGiB, limits_detail::kBytes},
    {"topic_bytes", &Limits::topic_bytes, 1024, limits_detail::kGiB, limits_detail::kBytes},
    {"upgrade", &Limits::upgrade, limits_detail::kSecond, 600 * limits_detail::kSecond},
    {"message_wait", &Limits::message_wait, limits_detail::kSecond,
     86'400 * limits_detail::kSecond},
    {"ping", &Limits::ping, limits_detail::kSecond, 86'400 * limits_detail::kSecond},
    {"idle", &Limits::idle, limits_detail::kSecond, 86'400 * limits_detail::kSecond},
    {"close", &Limits::close, limits_detail::kSecond, 600 * limits_detail::kSecond},
    {"slow", &Limits::slow, limits_detail::kSecond, 86'400 * limits_detail::kSecond},
};

// Of an actor.
inline constexpr std::size_t kTopicNameMax = 256;  // bytes
inline constexpr std::size_t kDepartedMax = 4096;  // ended connections remembered
inline constexpr Nanoseconds kDepartedTime = seconds(60);
inline constexpr std::size_t kTellsMax = 128;  // hear of a publication in one task
/// Publications on their way: so many, or half of the bytes, and no client is read; above the
/// others, `publish` answers full.
inline constexpr std::size_t kPublicationsHigh = 64;
inline constexpr std::size_t kPublicationsMax = 4096;
inline constexpr std::size_t kPublicationBytesMax = 8u << 20;  // messages and their frames
// Of a connection.
inline constexpr std::size_t kScratchBytes = 64 * 1024;  // read at once; one buffer a shard
inline constexpr std::size_t kEarlyBytesMax = 4096;      // that come before it is let in
inline constexpr int kReadsMax = 4;                      // reads in one turn

}  // namespace theater::hosts::websocket_server
