// The http-client family's limits: keys of [grants.http-client], and fixed bounds.
#pragma once

#include "host/limit_field.h"

namespace theater::hosts::http_client {

using std::chrono::seconds;

struct Limits {
  std::uint64_t inflight_max = 64;
  std::uint64_t waiting_max = 256;
  std::uint64_t request_max = 8u << 20;   // bytes of a request's body
  std::uint64_t response_max = 8u << 20;  // bytes of a response's body, whole or kept
  std::uint64_t stream_max = 1u << 30;    // bytes of one that comes in parts
  std::uint64_t redirects = 0;            // followed for one request
  std::uint64_t queue_items = 1024;       // heads and parts that wait for the actor
  std::uint64_t queue_bytes = 8u << 20;
  Nanoseconds connect = seconds(5);         // name, address, TCP, TLS
  Nanoseconds first_byte = seconds(15);     // from the last byte sent
  Nanoseconds between_bytes = seconds(10);  // while the actor takes them
  Nanoseconds total = seconds(30);          // from the start, at most
};

namespace limits_detail {
using Field = host::LimitField<Limits>;
inline constexpr auto kBytes = Field::Unit::kBytes;
inline constexpr std::int64_t kMillisecond = 1'000'000;
inline constexpr std::int64_t kDay = 86'400'000 * kMillisecond;
inline constexpr std::int64_t kGiB = 1 << 30;
}  // namespace limits_detail

inline constexpr host::LimitField<Limits> kLimitFields[] = {
    {"inflight_max", &Limits::inflight_max, 1, 4096},
    {"waiting_max", &Limits::waiting_max, 1, 65'536},
    {"request_max", &Limits::request_max, 0, limits_detail::kGiB / 8, limits_detail::kBytes},
    {"response_max", &Limits::response_max, 1, 8u << 20, limits_detail::kBytes},
    {"stream_max", &Limits::stream_max, 1, 1024 * limits_detail::kGiB, limits_detail::kBytes},
    {"redirects", &Limits::redirects, 0, 20},
    {"queue_items", &Limits::queue_items, 1, 1'000'000},
    {"queue_bytes", &Limits::queue_bytes, 65'536, limits_detail::kGiB, limits_detail::kBytes},
    {"connect", &Limits::connect, 10 * limits_detail::kMillisecond, limits_detail::kDay},
    {"first_byte", &Limits::first_byte, 10 * limits_detail::kMillisecond, limits_detail::kDay},
    {"between_bytes", &Limits::between_bytes, 10 * limits_detail::kMillisecond,
     limits_detail::kDay},
    {"total", &Limits::total, 10 * limits_detail::kMillisecond, limits_detail::kDay},
};

inline constexpr std::size_t kHeadBytesMax = 64 * 1024;  // of a response
inline constexpr long kIdleConnectionsMax = 16;          // kept for the next request
inline constexpr long kIdleSecondsMax = 60;              // of such a connection
inline constexpr std::size_t kSecretBytesMax = 4096;     // of one secret's file
inline constexpr std::size_t kSecretsMax = 64;

}  // namespace theater::hosts::http_client
