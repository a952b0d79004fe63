// Rounds: what families with connections do for several connections at once, and the room that a
// message needs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "actor/host_port.h"
#include "host/turn.h"
#include "host/wit_types.h"

namespace theater::host {

/// What one task does for several connections; for the others there is another task, so that the
/// shard's other work comes in between.
inline constexpr std::size_t kFlushesMax = 32;
inline constexpr std::size_t kFlushBytesMax = 1024 * 1024;
inline constexpr std::size_t kResumesMax = 8;  // each may have much to take apart

/// Whether all that was asked for is done, or the rest waits for another task.
enum class Round : std::uint8_t { kDone, kUnfinished };

/// Writes what was queued for the connections named in `dirty`, which flushing may fill again. The
/// first of them now: those that are written leave it. `find` answers a connection or null.
template <typename Find>
Round flush_dirty(std::vector<std::uint64_t>& dirty, const Find& find, const io::Clock& clock) {
  std::vector<std::uint64_t> ids = std::exchange(dirty, {});
  Turn turn(clock, kFlushesMax);
  std::size_t done = 0, written = 0;
  while (done < ids.size() && written < kFlushBytesMax && turn.take()) {
    auto* connection = find(ids[done++]);
    if (!connection) continue;
    connection->is_dirty = false;
    const std::size_t before = connection->outgoing_bytes();
    connection->flush();
    written += before - std::min(before, connection->outgoing_bytes());
  }
  if (done < ids.size()) dirty.insert(dirty.begin(), ids.begin() + std::ptrdiff_t(done), ids.end());
  return dirty.empty() ? Round::kDone : Round::kUnfinished;
}

/// `find` for those who know their connections by peers.
template <typename Peers>
auto finder_of(Peers& peers) {
  return [&peers](std::uint64_t id) {
    auto* peer = peers.find(id);
    return peer ? peer->connection.get() : nullptr;
  };
}

/// Reads again from the first of the connections in `held` that may; the others stay in it, before
/// those that are held anew.
template <typename Find, typename May>
Round resume_held(std::vector<std::uint64_t>& held, const Find& find, const May& may,
                  const io::Clock& clock) {
  const std::vector<std::uint64_t> ids = std::exchange(held, {});
  std::vector<std::uint64_t> left;
  Turn turn(clock, kResumesMax);
  std::size_t done = 0;
  for (; done < ids.size(); ++done) {
    auto* connection = find(ids[done]);
    if (!connection || !connection->is_held()) continue;
    if (!may(*connection)) {
      left.push_back(ids[done]);
    } else if (turn.take()) {
      connection->resume();
    } else {
      break;
    }
  }
  left.insert(left.end(), ids.begin() + std::ptrdiff_t(done), ids.end());
  held.insert(held.begin(), left.begin(), left.end());
  return done < ids.size() ? Round::kUnfinished : Round::kDone;
}

/// Whether the guest has yet to hear of the connection's congestion, or of its end.
template <typename Peer>
bool has_news(const Peer& peer) {
  return peer.told_congested != peer.connection->is_congested() && !peer.is_congestion_queued;
}

/// The writes that the invocation under way was refused for want of room. Once it has committed,
/// its guest waits for `drained`, whether it was told of congestion or not.
class RefusedWrites {
 public:
  /// Answers what check_room said of connection `id`.
  Outcome note(std::uint64_t id, Outcome room) {
    if (!room && room.error().code == GuestCode::kFull) ids_.push_back(id);
    return room;
  }
  /// The invocation ends: marks those who wait from now on. `mark_dirty`: so that a flush looks
  /// whether there is room already.
  template <typename Peers, typename MarkDirty>
  void settle(actor::Settlement settlement, Peers& peers, const MarkDirty& mark_dirty) {
    if (ids_.empty()) return;
    for (const std::uint64_t id : std::exchange(ids_, {})) {
      auto* peer = peers.find(id);
      if (settlement == actor::Settlement::kDiscarded || !peer || !peer->connection) continue;
      peer->told_congested = true;  // as good as
      peer->connection->is_awaited = true;
      mark_dirty(*peer->connection);
    }
  }

 private:
  std::vector<std::uint64_t> ids_;  // bounded by the calls of an invocation
};

/// Whether a message of `size` bytes may be queued behind `waiting` others: too-large beyond
/// `out_hard` by itself, full beyond it with them.
inline Outcome check_room(std::uint64_t id, std::size_t size, std::size_t waiting,
                          std::size_t out_hard) {
  if (size > out_hard) {
    return refuse(GuestCode::kTooLarge, "{} bytes, out_hard is {}", size, out_hard);
  }
  if (waiting > 0 && waiting + size > out_hard) {
    return refuse(GuestCode::kFull, "{} bytes wait to be written to {}, out_hard is {}", waiting,
                  id, out_hard);
  }
  return {};
}

}  // namespace theater::host
