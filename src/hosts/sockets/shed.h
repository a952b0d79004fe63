// Shed: which connections end when an actor's hold more together than may be.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "base/time.h"
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
/// first those that have held it longest, of these the ones that hold most.
template <typename Connection, typename Cut>
void shed(std::vector<Holder<Connection>> holders, const websocket::ByteCount& all,
          std::uint64_t most, const Cut& cut) {
  std::ranges::sort(holders, [](const auto& one, const auto& other) {
    return std::pair(one.since, other.bytes) < std::pair(other.since, one.bytes);
  });
  for (const auto& holder : holders) {
    if (*all <= most - most / 4) return;
    cut(*holder.connection);
  }
}

}  // namespace theater::hosts::sockets
