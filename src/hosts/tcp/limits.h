// The tcp family's limits: keys of [grants.tcp], and fixed bounds.
#pragma once

#include "host/limit_field.h"

namespace theater::hosts::tcp {

using std::chrono::seconds;

struct Limits {
  std::uint64_t connections_max = 1024;  // of both kinds
  std::uint64_t queue_items = 1024;      // events that wait for the actor
  std::uint64_t queue_bytes = 8u << 20;
  std::uint64_t credit_items = 16;  // of one connection, waiting for the actor
  std::uint64_t credit_bytes = 256 * 1024;
  std::uint64_t out_high = 1u << 20;    // outgoing bytes: congested
  std::uint64_t out_low = 256 * 1024;   // drained
  std::uint64_t out_hard = 4u << 20;    // send answers full
  Nanoseconds connect = seconds(5);     // name, address, TCP
  Nanoseconds handshake = seconds(10);  // TLS
  Nanoseconds close = seconds(5);       // for the last bytes, and the peer's end
  Nanoseconds slow = seconds(30);       // above out_high before the end
  Nanoseconds idle = seconds(3600);     // without a byte either way before the end
};

namespace limits_detail {
using Field = host::LimitField<Limits>;
inline constexpr auto kBytes = Field::Unit::kBytes;
inline constexpr std::int64_t kSecond = 1'000'000'000;
inline constexpr std::int64_t kDay = 86'400 * kSecond;
inline constexpr std::int64_t kGiB = 1 << 30;
}  // namespace limits_detail

inline constexpr host::LimitField<Limits> kLimitFields[] = {
    {"connections_max", &Limits::connections_max, 1, 65'536},
    {"queue_items", &Limits::queue_items, 16, 1'000'000},
    {"queue_bytes", &Limits::queue_bytes, 256 * 1024, limits_detail::kGiB, limits_detail::kBytes},
    {"credit_items", &Limits::credit_items, 1, 65'536},
    {"credit_bytes", &Limits::credit_bytes, 1024, limits_detail::kGiB, limits_detail::kBytes},
    {"out_high", &Limits::out_high, 1024, limits_detail::kGiB, limits_detail::kBytes},
    {"out_low", &Limits::out_low, 1, limits_detail::kGiB, limits_detail::kBytes},
    {"out_hard", &Limits::out_hard, 1024, limits_detail::kGiB, limits_detail::kBytes},
    {"connect", &Limits::connect, limits_detail::kSecond / 10, 600 * limits_detail::kSecond},
    {"handshake", &Limits::handshake, limits_detail::kSecond, 600 * limits_detail::kSecond},
    {"close", &Limits::close, limits_detail::kSecond, 600 * limits_detail::kSecond},
    {"slow", &Limits::slow, limits_detail::kSecond, limits_detail::kDay},
    {"idle", &Limits::idle, limits_detail::kSecond, limits_detail::kDay},
};

inline constexpr std::size_t kScratchBytes = 16 * 1024;  // read at once; one buffer a shard
inline constexpr int kReadsMax = 4;                      // reads in one turn
inline constexpr int kAcceptsMax = 16;                   // connections taken in one turn
inline constexpr std::size_t kRulesMax = 256;            // of `allow`, and of each list of actors
inline constexpr std::size_t kNoteBytesMax = 4096;       // of a transfer

}  // namespace theater::hosts::tcp
