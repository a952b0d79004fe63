// Peers: the clients of one life of the node.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/life.h"
#include "sim/messages.h"

namespace theater::sim {

/// One life's: connections do not outlive the node.
class Peers {
 public:
  Peers(Life& life, Chance& chance, Messages& messages)
      : life_(life), chance_(chance), messages_(messages) {}

  /// One of them does something.
  void act();

 private:
  struct Peer {
    std::size_t actor = 0;
    std::uint64_t id = 0;
    bool is_slow = false;
  };
  void open();
  void say(const Peer& peer, std::uint64_t count);

  Life& life_;
  Chance& chance_;
  Messages& messages_;
  std::vector<Peer> peers_;
};

}  // namespace theater::sim
