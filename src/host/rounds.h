// Rounds: what families with connections do for several connections at once, and the room that a
// message needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "host/wit_types.h"

namespace theater::host {

/// Writes what was queued for the connections named in `dirty`, which flushing may fill again.
template <typename Peers>
void flush_dirty(Peers& peers, std::vector<std::uint64_t>& dirty) {
  const std::vector<std::uint64_t> ids = std::exchange(dirty, {});
  for (const std::uint64_t id : ids) {
    auto* peer = peers.find(id);
    if (!peer || !peer->connection) continue;
    peer->connection->is_dirty = false;
    peer->connection->flush();
  }
}

/// Reads again from the connections in `held` that have credit; the others stay in it.
template <typename Peers, typename HasCredit>
void resume_held(Peers& peers, std::vector<std::uint64_t>& held, const HasCredit& has_credit) {
  const std::vector<std::uint64_t> ids = std::exchange(held, {});
  for (const std::uint64_t id : ids) {
    auto* peer = peers.find(id);
    if (!peer || !peer->connection || !peer->connection->is_held()) continue;
    if (has_credit(*peer->connection)) {
      peer->connection->resume();
    } else {
      held.push_back(id);
    }
  }
}

/// Whether a message of `size` bytes may be queued behind `waiting` others: too-large beyond
/// `out_hard` by itself, full beyond it with them.
inline Outcome check_room(std::uint64_t id, std::size_t size, std::size_t waiting,
                          std::size_t out_hard) {
  if (size > out_hard) {
    return refuse(GuestCode::kTooLarge, "{} bytes, out_hard is {}", size, out_hard);
  }
  if (waiting > 0 && waiting + size > out_hard) {
    return refuse(GuestCode::kFull, "connection {} has {} bytes to write, out_hard is {}", id,
                  waiting, out_hard);
  }
  return {};
}

}  // namespace theater::host
