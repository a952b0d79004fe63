// The websocket-client family's limits: keys of [grants.websocket-client], and fixed bounds.
#pragma once

#include "host/limit_field.h"

namespace theater::hosts::websocket_client {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Limits {
  std::uint64_t connections_max = 256;
  std::uint64_t message_max = 1u << 20;  // bytes, after inflation
  std::uint64_t queue_items = 1024;      // events that wait for the actor
  std::uint64_t queue_bytes = 8u << 20;
  std::uint64_t credit_messages = 16;  // of one connection, waiting for the actor
  std::uint64_t credit_bytes = 256 * 1024;
  std::uint64_t out_high = 1u << 20;              // outgoing bytes: congested
  std::uint64_t out_low = 256 * 1024;             // drained
  std::uint64_t out_hard = 4u << 20;              // send answers full
  Nanoseconds connect = seconds(5);               // name, address, TCP
  Nanoseconds upgrade = seconds(10);              // TLS, request, answer
  Nanoseconds ping = seconds(30);                 // silence before a ping
  Nanoseconds idle = seconds(120);                // silence before the end
  Nanoseconds close = seconds(5);                 // for the peer to answer a close
  Nanoseconds slow = seconds(30);                 // above out_high before the end
  std::uint64_t reconnect_tries = 10;             // in a row; with reconnect = true
  Nanoseconds reconnect_min = milliseconds(500);  // before the first; doubles
  Nanoseconds reconnect_max = seconds(30);        // between two
};

namespace limits_detail {
using Field = host::LimitField<Limits>;
inline constexpr auto kBytes = Field::Unit::kBytes;
inline constexpr std::int64_t kMillisecond = 1'000'000;
inline constexpr std::int64_t kSecond = 1'000'000'000;
inline constexpr std::int64_t kDay = 86'400 * kSecond;
inline constexpr std::int64_t kGiB = 1 << 30;
}  // namespace limits_detail

inline constexpr host::LimitField<Limits> kLimitFields[] = {
    {"connections_max", &Limits::connections_max, 1, 65'536},
    {"message_max", &Limits::message_max, 1, limits_detail::kGiB / 8, limits_detail::kBytes},
    {"queue_items", &Limits::queue_items, 1, 1'000'000},
    {"queue_bytes", &Limits::queue_bytes, 4096, limits_detail::kGiB, limits_detail::kBytes},
    {"credit_messages", &Limits::credit_messages, 1, 65'536},
    {"credit_bytes", &Limits::credit_bytes, 1024, limits_detail::kGiB, limits_detail::kBytes},
    {"out_high", &Limits::out_high, 1024, limits_detail::kGiB, limits_detail::kBytes},
    {"out_low", &Limits::out_low, 1, limits_detail::kGiB, limits_detail::kBytes},
    {"out_hard", &Limits::out_hard, 1024, limits_detail::kGiB, limits_detail::kBytes},
    {"connect", &Limits::connect, 100 * limits_detail::kMillisecond, 600 * limits_detail::kSecond},
    {"upgrade", &Limits::upgrade, limits_detail::kSecond, 600 * limits_detail::kSecond},
    {"ping", &Limits::ping, limits_detail::kSecond, limits_detail::kDay},
    {"idle", &Limits::idle, limits_detail::kSecond, limits_detail::kDay},
    {"close", &Limits::close, limits_detail::kSecond, 600 * limits_detail::kSecond},
    {"slow", &Limits::slow, limits_detail::kSecond, limits_detail::kDay},
    {"reconnect_tries", &Limits::reconnect_tries, 1, 1'000'000},
    {"reconnect_min", &Limits::reconnect_min, 10 * limits_detail::kMillisecond,
     limits_detail::kDay},
    {"reconnect_max", &Limits::reconnect_max, 10 * limits_detail::kMillisecond,
     limits_detail::kDay},
};

inline constexpr std::size_t kSubprotocolsMax = 16;  // offered at once
inline constexpr std::size_t kSubprotocolBytesMax = 256;
inline constexpr std::size_t kHeadBytesMax = 32 * 1024;  // of an answer
inline constexpr std::size_t kScratchBytes = 64 * 1024;  // read at once; one buffer a shard
inline constexpr int kReadsMax = 4;                      // reads in one turn

}  // namespace theater::hosts::websocket_client
