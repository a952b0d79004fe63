// websocket_server::Instance: what is published, told to some of its audience in each turn of the
// shard (BLOCK-1). Who listens to a topic may change while it is on its way: each change for a
// connection, and whatever else is written to it, comes behind what was published before.
#include <algorithm>
#include <utility>

#include "hosts/websocket_server/instance.h"

namespace theater::hosts::websocket_server {

/// Everybody is who was greeted when the guest published: a connection that opened since hears
/// what its own `opened` event leads to, and nothing twice.
void Instance::perform_publish(std::string_view topic, const Message& message) {
  const PublishAsk asked = publications_.asked().take();
  if (topic != kEverybody && !topics_.contains(topic)) return;
  Publication publication(topic, message);
  publication.audience = asked.audience;
  publications_.add(std::move(publication));
  rest_or_read();
  if (publications_.size() == 1) publish_some();
}

/// The first part of it in the task that performed it, if nothing is before it.
void Instance::publish_some() {
  PublishTurn turn{{services_.clock, kTellsMax}, host::kFlushBytesMax};
  while (!publications_.empty()) {
    if (tell_some(turn) == host::Round::kUnfinished) {
      return deferred_.request(&Instance::publish_some);
    }
  }
}

/// Tells the first publication to as many as the turn has room for. It goes when there are no more.
host::Round Instance::tell_some(PublishTurn& turn) {
  Publication& publication = publications_.front();
  const std::vector<std::uint64_t> ids = next_to_hear(publication);
  for (const std::uint64_t id : ids) {
    if (!turn.take()) return host::Round::kUnfinished;
    publication.told = id;
    turn.bytes -= std::min(turn.bytes, tell(id, *peers_.find(id), publication));
  }
  if (ids.size() == kTellsMax) return host::Round::kDone;
  publications_.pop_front();
  rest_or_read();
  return host::Round::kDone;
}

void Instance::rest_or_read() {
  flow_.set(publications_.are_many() ? Flow::Reading::kNobody : Flow::Reading::kByCredit);
}

/// Without connections nobody is left to hear what was published.
void Instance::forget_unheard() {
  if (crowd_.count() > 0) return;
  publications_.clear();
  rest_or_read();
}

/// Those behind the last one that had its turn, among them some who are not to hear it.
std::vector<std::uint64_t> Instance::next_to_hear(const Publication& publication) const {
  std::vector<std::uint64_t> ids;
  const auto take = [&](const auto& map) {
    for (auto it = map.upper_bound(publication.told); it != map.end() && ids.size() < kTellsMax;
         ++it) {
      ids.push_back(it->first);
    }
  };
  if (publication.topic() == kEverybody) {
    take(peers_.all());
  } else if (const auto* members = topics_.members(publication.topic())) {
    take(*members);
  }
  return ids;
}

/// Answers how many bytes were written to its socket.
std::size_t Instance::tell(std::uint64_t id, Peer& peer, Publication& publication) {
  if (!peer.connection || peer.heard >= publication.number) return 0;
  peer.heard = publication.number;
  const bool is_there = publication.topic() != kEverybody ||
                        (peer.greeted > 0 && peer.greeted <= publication.audience);
  if (!is_there) return 0;
  Connection& connection = *peer.connection;
  if (connection.state() == State::kOpen) traffic_.sent(publication.size());
  const std::size_t room = connection.outgoing_bytes() + publication.size();
  connection.hear(publications_, publication);
  flow_.mark_dirty(connection);
  if (is_parting_) return 0;  // a worker writes
  const std::uint64_t dropped = connection.make_room();
  const std::size_t written = room - std::min(room, connection.outgoing_bytes());
  if (dropped > 0) tell_dropped(id, peer, dropped);
  return written;
}

void Instance::tell_dropped(std::uint64_t id, Peer& peer, std::uint64_t dropped) {
  traffic_.messages_dropped += dropped;
  if (setup_.grant.slow_subscriber == SlowSubscriber::kClose) {
    return peer.connection->eject(kCloseTryLater, host::GuestCode::kFull,
                                  "too slow: topic_bytes was exceeded");
  }
  peer.gap += dropped;
  tell_gap(id, peer);
}

/// Before anything changes for this connection: what was published up to now.
void Instance::catch_up(std::uint64_t id) {
  if (publications_.empty()) return;
  Peer* peer = peers_.find(id);
  if (!peer || !peer->connection || peer->heard == publications_.last_number()) return;
  for (std::size_t i = 0; i < publications_.size(); ++i) {
    Publication& publication = publications_[i];
    const std::string& topic = publication.topic();
    if (topic == kEverybody || std::ranges::find(peer->topics, topic) != peer->topics.end()) {
      tell(id, *peer, publication);
    }
  }
  peer->heard = publications_.last_number();
}

}  // namespace theater::hosts::websocket_server
