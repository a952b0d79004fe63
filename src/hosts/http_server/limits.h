// The http-server family's limits: keys of [grants.http-server], and fixed bounds.
#pragma once

#include "host/limit_field.h"

namespace theater::hosts::http_server {

using std::chrono::seconds;

struct Limits {
  std::uint64_t connections_max = 20'000;
  std::uint64_t inflight_max = 256;       // requests being read, waiting or handled: 503
  std::uint64_t parked_max = 10'000;      // requests answered later: 503
  std::uint64_t streams_max = 10'000;     // responses being streamed: 503
  std::uint64_t client_max = 1024;        // all of these of one client address: 429
  std::uint64_t body_max = 1u << 20;      // bytes of a whole body: 413
  std::uint64_t part_credit = 64 * 1024;  // bytes of a body in parts that come without `more`
  std::uint64_t response_max = 16u << 20;
  std::uint64_t queue_items = 1024;  // events that wait for the actor
  std::uint64_t queue_bytes = 8u << 20;
  std::uint64_t out_high = 1u << 20;       // outgoing bytes of a stream: congested
  std::uint64_t out_low = 256 * 1024;      // drained
  std::uint64_t out_hard = 4u << 20;       // write answers full
  std::uint64_t out_total = 256u << 20;    // held for all clients: beyond it the slow are closed
  std::uint64_t topic_bytes = 256 * 1024;  // outgoing bytes up to which publish queues
  std::uint64_t topics_max = 1024;
  std::uint64_t ring_items = 256;  // newest events of a topic, kept for clients that come back
  std::uint64_t ring_bytes = 256 * 1024;
  Nanoseconds hold = seconds(30);        // the longest `later`: 204
  Nanoseconds body_wait = seconds(30);   // a body is complete: 408
  Nanoseconds handler = seconds(30);     // waiting for an answer: 504
  Nanoseconds keep_alive = seconds(60);  // between two requests
  Nanoseconds slow = seconds(30);        // a client takes nothing, or stays above out_high: closed
  Nanoseconds heartbeat = seconds(15);   // silence in an event stream before a comment
  Nanoseconds retry = seconds(2);        // what event streams ask clients to wait
};

namespace limits_detail {
using Field = host::LimitField<Limits>;
inline constexpr auto kBytes = Field::Unit::kBytes;
inline constexpr std::int64_t kSecond = 1'000'000'000;
inline constexpr std::int64_t kDay = 86'400 * kSecond;
inline constexpr std::int64_t kMany = 1'000'000;
inline constexpr std::int64_t kGiB = 1 << 30;
}  // namespace limits_detail

inline constexpr host::LimitField<Limits> kLimitFields[] = {
    {"connections_max", &Limits::connections_max, 1, limits_detail::kMany},
    {"inflight_max", &Limits::inflight_max, 1, 65'536},
    {"parked_max", &Limits::parked_max, 0, limits_detail::kMany},
    {"streams_max", &Limits::streams_max, 0, limits_detail::kMany},
    {"client_max", &Limits::client_max, 1, limits_detail::kMany},
    {"body_max", &Limits::body_max, 0, limits_detail::kGiB / 16, limits_detail::kBytes},
    {"part_credit", &Limits::part_credit, 1, limits_detail::kGiB, limits_detail::kBytes},
    {"response_max", &Limits::response_max, 1024, limits_detail::kGiB / 16, limits_detail::kBytes},
    {"queue_items", &Limits::queue_items, 1, limits_detail::kMany},
    {"queue_bytes", &Limits::queue_bytes, 4096, limits_detail::kGiB, limits_detail::kBytes},
    {"out_high", &Limits::out_high, 1024, limits_detail::kGiB, limits_detail::kBytes},
    {"out_low", &Limits::out_low, 1, limits_detail::kGiB, limits_detail::kBytes},
    {"out_hard", &Limits::out_hard, 1024, limits_detail::kGiB, limits_detail::kBytes},
    {"out_total", &Limits::out_total, 65'536, 1024 * limits_detail::kGiB, limits_detail::kBytes},
    {"topic_bytes", &Limits::topic_bytes, 1024, limits_detail::kGiB, limits_detail::kBytes},
    {"topics_max", &Limits::topics_max, 0, limits_detail::kMany},
    {"ring_items", &Limits::ring_items, 0, 65'536},
    {"ring_bytes", &Limits::ring_bytes, 0, limits_detail::kGiB, limits_detail::kBytes},
    {"hold", &Limits::hold, limits_detail::kSecond, limits_detail::kDay},
    {"body_wait", &Limits::body_wait, limits_detail::kSecond, limits_detail::kDay},
    {"handler", &Limits::handler, limits_detail::kSecond, limits_detail::kDay},
    {"keep_alive", &Limits::keep_alive, limits_detail::kSecond, limits_detail::kDay},
    {"slow", &Limits::slow, limits_detail::kSecond, limits_detail::kDay},
    {"heartbeat", &Limits::heartbeat, limits_detail::kSecond, limits_detail::kDay},
    {"retry", &Limits::retry, limits_detail::kSecond, limits_detail::kDay},
};

inline constexpr std::size_t kTopicNameMax = 256;            // bytes
inline constexpr std::size_t kEventLineMax = 1024;           // id or name of an event
inline constexpr std::size_t kPipelineBytesMax = 16 * 1024;  // read ahead of the next request
inline constexpr std::size_t kScratchBytes = 64 * 1024;      // read at once; one buffer a shard
inline constexpr std::size_t kEventRoom = 64;                // of an event beside its bytes
inline constexpr int kReadsMax = 4;                          // reads in one turn
/// What is done for many: steps of one task; those that wait, and their bytes.
inline constexpr std::size_t kChoreStepsMax = 128;
inline constexpr std::size_t kChoresMax = 4096;
inline constexpr std::size_t kChoreBytesMax = 64u << 20;
inline constexpr std::uint32_t kRetrySeconds = 1;  // Retry-After of 503 and 429
/// Of inflight_max one client has at most this part for bodies that are not complete: 429.
inline constexpr std::uint64_t kReadingShare = 4;
inline constexpr Nanoseconds kTick = seconds(1);    // deadlines are looked at
inline constexpr std::size_t kTargetToldMax = 120;  // bytes of a target, to people
inline constexpr Nanoseconds kLinger = seconds(2);  // for the peer's end after ours

}  // namespace theater::hosts::http_server
