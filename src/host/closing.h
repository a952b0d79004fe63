// Closing: the end of many connections, some in each task: to say goodbye on a socket and to close
// it takes microseconds of a system call, which add up.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "host/family.h"
#include "host/rounds.h"

namespace theater::host {

inline constexpr std::size_t kClosesMax = 128;  // in one task

/// Calls `act` for some of the connections named in `ids`, the last ones, which leave it. `find`
/// answers a connection or null.
template <typename Find, typename Act>
Round act_on_some(std::vector<std::uint64_t>& ids, const Find& find, const Act& act,
                  const io::Clock& clock) {
  Turn turn(clock, kClosesMax);
  while (!ids.empty() && turn.take()) {
    auto* connection = find(ids.back());
    ids.pop_back();
    if (connection) act(*connection);
  }
  return ids.empty() ? Round::kDone : Round::kUnfinished;
}

/// The connections there are, for act_on_some to begin with the first.
template <typename Peers>
std::vector<std::uint64_t> all_connected(Peers& peers) {
  std::vector<std::uint64_t> ids;
  for (auto& [id, peer] : peers.all()) {
    if (peer.connection) ids.push_back(id);
  }
  std::ranges::reverse(ids);
  return ids;
}

/// Destroys some of them.
template <typename Connection>
Round bury_some(std::vector<std::unique_ptr<Connection>>& dead, const io::Clock& clock) {
  Turn turn(clock, kClosesMax);
  while (!dead.empty() && turn.take()) dead.pop_back();
  return dead.empty() ? Round::kDone : Round::kUnfinished;
}

/// Closes them all: up to kClosesMax inside this call, by its argument's end; more by a worker,
/// soon.
inline void close_all(std::vector<std::unique_ptr<io::Stream>> streams, const Services& services) {
  if (streams.size() <= kClosesMax) return;
  services.workers.run([all = std::move(streams)]() mutable { all.clear(); }, services.executor,
                       [] {});
}

/// At a kill: takes every connection of `peers`, and the `dead`, and closes their sockets.
template <typename Peers, typename Connection>
void drop_all(Peers& peers, std::vector<std::unique_ptr<Connection>>& dead,
              const Services& services) {
  std::vector<std::unique_ptr<io::Stream>> streams;
  for (auto& [id, peer] : peers.all()) {
    if (peer.connection) streams.push_back(peer.connection->give_up());
    peer.connection.reset();
  }
  for (const auto& connection : dead) streams.push_back(connection->give_up());
  dead.clear();
  std::erase(streams, nullptr);
  close_all(std::move(streams), services);
}

}  // namespace theater::host
