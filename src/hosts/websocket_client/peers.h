// Peers: the connections of one actor as its guest sees them, and how a rolled-back invocation's
// changes to that view are undone.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <ranges>
#include <vector>

#include "host/promises.h"
#include "hosts/websocket_client/connection.h"

namespace theater::hosts::websocket_client {

/// Events promised to a connection: opened, closed, and one about congestion.
inline constexpr std::uint32_t kPromises = 3;
/// While the guest is told of congestion: that event, and closed.
inline constexpr std::uint32_t kNewsPromises = 2;

struct Peer {
  std::unique_ptr<Connection> connection;  // null: not performed yet, or gone
  std::size_t promised_bytes = 0;          // of sends that are not performed yet
  host::Promises promises;
  bool is_closed = false;  // the guest has closed it, or it has ended
  bool is_told = false;    // the guest was given its closed event
  bool is_congestion_queued = false;
  bool told_congested = false;  // by the last event about congestion

  /// Of congestion; while it has a connection.
  bool hears_news() const { return connection->state() == State::kOpen; }
};

/// One actor's, on its shard. Ordered by id, so that what happens to all happens in one order.
class Peers {
 public:
  using Map = std::map<std::uint64_t, Peer>;

  Peer* find(std::uint64_t id) {
    const auto found = map_.find(id);
    return found == map_.end() ? nullptr : &found->second;
  }
  void erase(std::uint64_t id) { map_.erase(id); }
  Map& all() { return map_; }
  const Map& all() const { return map_; }

  // Changes by calls; each can be undone until settle.
  Peer& open(std::uint64_t id) {
    undo_.push_back({id, What::kOpened, 0});
    return map_[id];
  }
  void close(std::uint64_t id, Peer& peer) {
    peer.is_closed = true;
    undo_.push_back({id, What::kClosed, 0});
  }
  void promise(std::uint64_t id, Peer& peer, std::size_t bytes) {
    peer.promised_bytes += bytes;
    undo_.push_back({id, What::kPromised, bytes});
  }
  /// The invocation's changes stand.
  void keep() { undo_.clear(); }
  /// They never happened. Returns how many connections were never opened.
  std::size_t roll_back() {
    std::size_t unopened = 0;
    for (const Undo& undo : std::views::reverse(undo_)) {
      Peer* peer = find(undo.id);
      if (!peer) continue;
      if (undo.what == What::kPromised) peer->promised_bytes -= undo.bytes;
      if (undo.what == What::kClosed) {
        peer->is_closed = !peer->connection || peer->connection->state() == State::kLingering;
      }
      if (undo.what != What::kOpened) continue;
      map_.erase(undo.id);
      ++unopened;
    }
    undo_.clear();
    return unopened;
  }

 private:
  enum class What : std::uint8_t { kOpened, kClosed, kPromised };
  struct Undo {
    std::uint64_t id;
    What what;
    std::size_t bytes;
  };
  Map map_;
  std::vector<Undo> undo_;
};

}  // namespace theater::hosts::websocket_client
