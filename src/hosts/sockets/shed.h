// Shed: which connections end when an actor's hold more together than may be.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <tuple>
#include <vector>

#include "base/time.h"
#include "host/closing.h"
#include "hosts/websocket/held_bytes.h"

namespace theater::hosts::sockets {

inline constexpr Nanoseconds kTick = std::chrono::seconds(1);  // deadlines are looked at

/// A connection that holds some of it.
template <typename Connection>
struct Holder {
  MonotonicTime since;    // nothing of it has gone since then
  std::size_t bytes = 0;  // that go with it: what others may hold too is none of them
  Connection* connection = nullptr;
};

/// Whether all hold more than they may together.
enum class Excess : std::uint8_t { kNone, kSome, kTwice };
inline Excess excess_of(std::uint64_t held, std::uint64_t most) {
  if (held <= most) return Excess::kNone;
  return held <= 2 * most ? Excess::kSome : Excess::kTwice;
}

/// Whether who has taken nothing since `since` may have to pay for that: who took something a
/// moment ago takes more in the next one. `tick` is the time of the last tick.
inline bool is_slow(MonotonicTime since, MonotonicTime tick, Excess excess) {
  return excess == Excess::kTwice || tick - since >= 2 * kTick;
}

/// Calls `cut` with some of `holders`, so that they end, until three quarters of `most` are left:
/// first those whose end frees as much as is asked of each, of these the ones that have held it
/// longest, of these the ones that hold most; up to kClosesMax. kUnfinished: it is still too much,
/// and others hold it.
template <typename Connection, typename Cut>
host::Round shed(std::vector<Holder<Connection>> holders, const websocket::ByteCount& all,
                 std::uint64_t most, const Cut& cut) {
  const auto first = holders.begin();
  const auto last = first + std::ptrdiff_t(std::min(holders.size(), host::kClosesMax));
  const std::uint64_t goal = most - most / 4;
  const std::uint64_t excess = *all > goal ? *all - goal : 0;
  const std::uint64_t share = holders.empty() ? 0 : excess / holders.size();
  std::ranges::partial_sort(holders, last, [share](const auto& one, const auto& other) {
    return std::tuple(one.bytes < share, one.since, other.bytes) <
           std::tuple(other.bytes < share, other.since, one.bytes);
  });
  for (auto holder = first; holder != last; ++holder) {
    if (*all <= goal) return host::Round::kDone;
    cut(*holder->connection);
  }
  return *all > most && last != holders.end() ? host::Round::kUnfinished : host::Round::kDone;
}

}  // namespace theater::hosts::sockets
