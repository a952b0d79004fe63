// Peers: the connections of one actor as its guest sees them, and how a rolled-back invocation's
// changes to that view are undone.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <ranges>
#include <string>
#include <vector>

#include "host/promises.h"
#include "hosts/tcp/connection.h"

namespace theater::hosts::tcp {

/// Events promised to a connection: opened, secured, end-of-data, closed, transferred, one about
/// congestion.
inline constexpr std::uint32_t kPromises = 6;

/// What calls have changed and later calls must see.
struct View {
  bool is_closed = false;   // the guest has closed it
  bool is_shut = false;     // the guest writes no more
  bool is_secured = false;  // TLS is ordered
  bool is_moving = false;   // a transfer is
};

struct Peer {
  std::unique_ptr<Connection> connection;  // null: not performed yet, or gone
  std::size_t promised_bytes = 0;          // of sends that are not performed yet
  host::Promises promises;
  View view;
  std::string moves_to;    // an actor
  Bytes note;              // to it
  bool has_ended = false;  // its closed event is queued
  bool is_known = false;   // to the guest: it began it, or was given its opened event
  bool is_told = false;    // the guest was given its closed event
  bool is_congestion_queued = false;
  bool told_congested = false;  // by the last event about congestion

  bool is_closed() const { return view.is_closed || has_ended; }
  /// Of congestion; while it has a connection.
  bool hears_news() const { return !is_closed(); }
};

/// One actor's, on its shard. Ordered by id, so that what happens to all happens in one order.
class Peers {
 public:
  using Map = std::map<std::uint64_t, Peer>;

  Peer* find(std::uint64_t id) {
    const auto found = map_.find(id);
    return found == map_.end() ? nullptr : &found->second;
  }
  Peer& add(std::uint64_t id) { return map_[id]; }
  void erase(std::uint64_t id) { map_.erase(id); }
  Map& all() { return map_; }
  const Map& all() const { return map_; }

  // Changes by calls; each can be undone until keep().
  Peer& open(std::uint64_t id) {
    undo_.push_back({id, What::kOpened, {}, 0});
    return map_[id];
  }
  void change(std::uint64_t id, Peer& peer, const View& view) {
    undo_.push_back({id, What::kChanged, peer.view, 0});
    peer.view = view;
  }
  void promise(std::uint64_t id, Peer& peer, std::size_t bytes) {
    peer.promised_bytes += bytes;
    undo_.push_back({id, What::kPromised, {}, bytes});
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
      if (undo.what == What::kChanged) peer->view = undo.view;
      if (undo.what != What::kOpened) continue;
      map_.erase(undo.id);
      ++unopened;
    }
    undo_.clear();
    return unopened;
  }

 private:
  enum class What : std::uint8_t { kOpened, kChanged, kPromised };
  struct Undo {
    std::uint64_t id;
    What what;
    View view;
    std::size_t bytes;
  };
  Map map_;
  std::vector<Undo> undo_;
};

}  // namespace theater::hosts::tcp
