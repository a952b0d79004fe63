// Peers: changes and their undoing.
#include "hosts/websocket_server/peers.h"

#include <ranges>
#include <utility>

namespace theater::hosts::websocket_server {

void Peers::answer(std::uint64_t id, Peer& peer) {
  peer.is_answered = true;
  undo_.push_back({id, What::kAnswered, 0, {}});
}

void Peers::close(std::uint64_t id, Peer& peer) {
  peer.is_closed = true;
  undo_.push_back({id, What::kClosed, 0, {}});
}

void Peers::promise(std::uint64_t id, Peer& peer, std::size_t bytes) {
  peer.promised_bytes += bytes;
  undo_.push_back({id, What::kPromised, bytes, {}});
}

void Peers::attach(std::uint64_t id, Peer& peer, Bytes attachment) {
  undo_.push_back({id, What::kAttached, 0, std::exchange(peer.attachment, std::move(attachment))});
}

void Peers::roll_back() {
  for (Undo& undo : std::views::reverse(undo_)) {
    Peer* peer = find(undo.id);
    if (!peer) continue;
    switch (undo.what) {
      case What::kAnswered:
        peer->is_answered = false;
        break;
      case What::kClosed:
        peer->is_closed = !peer->connection || peer->connection->state() == State::kLingering;
        break;
      case What::kPromised:
        peer->promised_bytes -= undo.bytes;
        break;
      case What::kAttached:
        peer->attachment = std::move(undo.attachment);
        break;
    }
  }
  undo_.clear();
}

}  // namespace theater::hosts::websocket_server
