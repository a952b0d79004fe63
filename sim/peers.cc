// Peers: they come, talk, read slowly, leave.
#include "sim/peers.h"

namespace theater::sim {
namespace {

constexpr std::size_t kPeersMax = 8;

}  // namespace

void Peers::open() {
  const std::size_t actor = chance_.below(life_.actor_count());
  if (life_.has_ended(actor)) return;
  const auto id = life_.sockets(actor).open(messages_.next_name());
  if (id) peers_.push_back({actor, *id, chance_.one_in(3)});
}

void Peers::say(const Peer& peer, std::uint64_t count) {
  Sockets& sockets = life_.sockets(peer.actor);
  for (std::uint64_t i = 0; i < count; ++i) {
    if (!sockets.may_say()) return;
    sockets.say(peer.id, messages_.next());
  }
}

void Peers::act() {
  std::erase_if(peers_, [&](const Peer& peer) {
    return life_.has_ended(peer.actor) || !life_.sockets(peer.actor).is_open(peer.id);
  });
  if (peers_.empty() || (peers_.size() < kPeersMax && chance_.one_in(6))) return open();
  const Peer peer = peers_[chance_.below(peers_.size())];
  constexpr std::uint32_t kWeights[] = {12, 4, 6, 1};
  switch (chance_.pick(kWeights)) {
    case 0:
      return say(peer, 1);
    case 1:
      return say(peer, chance_.between(2, 12));
    case 2:
      return life_.sockets(peer.actor).read(peer.id, peer.is_slow ? 1 : 10);
    default:
      return life_.sockets(peer.actor).leave(peer.id, messages_.next_name());
  }
}

}  // namespace theater::sim
