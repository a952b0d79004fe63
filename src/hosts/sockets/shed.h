// Shed: which connections end when an actor's hold more together than may be.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "base/time.h"
#include "host/closing.h"
#include "hosts/websocket/held_bytes.h"

namespace theater::hosts::sockets {

/// A connection that holds some of it.
template <typename Connection>
struct Holder {
  MonotonicTime since;  // nothing of it has gone since then
  std::size_t bytes = 0;
  Connection* connection = nullptr;
};

/// Calls `cut` with some of `holders`, so that they end, until three quarters of `most` are left:
/// first those that have held it longest, of these the ones that hold most; up to kClosesMax.
/// kUnfinished: it is still too much, and others hold it.
template <typename Connection, typename Cut>
host::Round shed(std::vector<Holder<Connection>> holders, const websocket::ByteCount& all,
                 std::uint64_t most, const Cut& cut) {
  const auto first = holders.begin();
  const auto last = first + std::ptrdiff_t(std::min(holders.size(), host::kClosesMax));
  std::ranges::partial_sort(holders, last, [](const auto& one, const auto& other) {
    return std::pair(one.since, other.bytes) < std::pair(other.since, one.bytes);
  });
  for (auto holder = first; holder != last; ++holder) {
    if (*all <= most - most / 4) return host::Round::kDone;
    cut(*holder->connection);
  }
  return *all > most && last != holders.end() ? host::Round::kUnfinished : host::Round::kDone;
}

}  // namespace theater::hosts::sockets
