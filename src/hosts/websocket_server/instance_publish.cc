// websocket_server::Instance: what is published, told to some of its audience in each turn of the
// shard (BLOCK-1). Who listens to a topic may change while it is on its way: each change for a
// connection, and whatever else is written to it, comes behind what was published before.
#include <algorithm>

#include "base/check.h"
#include "hosts/websocket_server/instance.h"

namespace theater::hosts::websocket_server {

/// Everybody is who was greeted when the guest published: a connection that opened since hears
/// what its own `opened` event leads to, and nothing twice.
void Instance::perform_publish(std::string_view topic, const Message& message) {
  std::uint64_t audience = 0;
  if (topic == kEverybody) {
    CHECK(committed_audiences_ > 0, "CHAIN-2");
    audience = audiences_.front();
    audiences_.pop_front();
    --committed_audiences_;
  } else if (!topics_.contains(topic)) {
    return;
  }
  while (!publications_.empty() && !publications_.have_room_for(message.bytes().size())) {
    tell_some(kTellsMax);
  }
  publications_.add({topic, message}).audience = audience;
  rest_or_read();
  if (publications_.size() == 1) publish_some();
}

/// The first part of it in the task that performed it, if nothing is before it.
void Instance::publish_some() {
  for (std::size_t told = 0; !publications_.empty();) {
    if (told >= kTellsMax) return deferred_.request(&Instance::publish_some);
    told += tell_some(kTellsMax - told);
  }
}

/// Tells the first publication to at most so many; answers to how many. It goes when there are no
/// more.
std::size_t Instance::tell_some(std::size_t most) {
  Publication& publication = publications_.front();
  const std::vector<std::uint64_t> ids = next_to_hear(publication, most);
  for (const std::uint64_t id : ids) tell(id, *peers_.find(id), publication);
  if (ids.size() == most) {
    publication.told = ids.back();
    return most;
  }
  publications_.pop_front();
  rest_or_read();
  return ids.size();
}

void Instance::rest_or_read() {
  flow_.set(publications_.are_many() ? Flow::Reading::kNobody : Flow::Reading::kByCredit);
}

/// Those behind the last one that had its turn, among them some who are not to hear it.
std::vector<std::uint64_t> Instance::next_to_hear(const Publication& publication,
                                                  std::size_t most) const {
  std::vector<std::uint64_t> ids;
  const auto take = [&](const auto& map) {
    for (auto it = map.upper_bound(publication.told); it != map.end() && ids.size() < most; ++it) {
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

void Instance::tell(std::uint64_t id, Peer& peer, Publication& publication) {
  if (!peer.connection || peer.heard >= publication.number) return;
  peer.heard = publication.number;
  const bool is_there = publication.topic() != kEverybody ||
                        (peer.greeted > 0 && peer.greeted <= publication.audience);
  if (!is_there) return;
  Connection& connection = *peer.connection;
  if (connection.state() == State::kOpen) traffic_.sent(publication.size());
  const std::uint64_t dropped = connection.publish(publication);
  flow_.mark_dirty(connection);
  if (dropped == 0) return;
  traffic_.messages_dropped += dropped;
  if (setup_.grant.slow_subscriber == SlowSubscriber::kClose) {
    connection.eject(kCloseTryLater, host::GuestCode::kFull, "too slow: topic_bytes was exceeded");
    return;
  }
  peer.gap += dropped;
  tell_gap(id, peer);
}

/// Before anything changes for this connection: what was published up to now.
void Instance::catch_up(std::uint64_t id) {
  if (publications_.empty()) return;
  Peer* peer = peers_.find(id);
  if (!peer || !peer->connection) return;
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
