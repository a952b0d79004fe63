// Peers: the connections of one actor as its guest sees them, and how a rolled-back invocation's
// changes to that view are undone.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/promises.h"
#include "hosts/websocket_server/connection.h"

namespace theater::hosts::websocket_server {

/// Events promised to a connection: opening, opened, closed, and one about congestion.
inline constexpr std::uint32_t kPromises = 4;
/// While the guest is told of congestion: that event, and closed.
inline constexpr std::uint32_t kNewsPromises = 2;

struct Peer {
  std::unique_ptr<Connection> connection;  // null: gone, or before a restart
  Bytes attachment;
  std::vector<std::string> topics;
  std::size_t promised_bytes = 0;  // of sends that are not performed yet
  std::size_t opening_bytes = 0;   // of its head, while it is asked about
  host::Promises promises;
  std::uint64_t heard = 0;    // the last publication that had its turn here
  std::uint64_t gap = 0;      // published messages dropped and not yet told
  bool is_known = false;      // the guest was told of it
  std::uint64_t greeted = 0;  // its place among those whose `opened` the guest was given
  bool is_answered = false;   // the guest has answered its opening
  bool is_closed = false;     // the guest has closed it, or it has ended
  bool is_congestion_queued = false;
  bool told_congested = false;  // by the last event about congestion
  MonotonicTime departed;       // when it ended

  /// Of congestion; while it has a connection.
  bool hears_news() const { return connection->state() == State::kOpen; }
};

/// One actor's, on its shard. Ordered by id, so that what happens to all happens in one order.
class Peers {
 public:
  using Map = std::map<std::uint64_t, Peer>;

  Peer& add(std::uint64_t id) { return map_[id]; }
  Peer* find(std::uint64_t id) {
    const auto found = map_.find(id);
    return found == map_.end() ? nullptr : &found->second;
  }
  void erase(std::uint64_t id) { map_.erase(id); }
  Map& all() { return map_; }
  const Map& all() const { return map_; }

  // Changes by calls; each can be undone until settle.
  void answer(std::uint64_t id, Peer& peer);
  void close(std::uint64_t id, Peer& peer);
  void promise(std::uint64_t id, Peer& peer, std::size_t bytes);
  void attach(std::uint64_t id, Peer& peer, Bytes attachment);
  /// The invocation's changes stand.
  void keep() { undo_.clear(); }
  /// They never happened.
  void roll_back();

 private:
  enum class What : std::uint8_t { kAnswered, kClosed, kPromised, kAttached };
  struct Undo {
    std::uint64_t id;
    What what;
    std::size_t bytes;
    Bytes attachment;
  };
  Map map_;
  std::vector<Undo> undo_;
};

}  // namespace theater::hosts::websocket_server
