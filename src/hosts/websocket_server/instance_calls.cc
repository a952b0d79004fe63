// websocket_server::Instance: what the guest may ask for, and doing it once it is durable.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "host/rounds.h"
#include "hosts/websocket_server/instance.h"

namespace theater::hosts::websocket_server {

using host::GuestCode;
using host::refuse;

namespace {

std::unexpected<host::GuestError> unknown(std::uint64_t id) {
  return refuse(GuestCode::kNotFound, "no connection {}", id);
}
std::unexpected<host::GuestError> closed(std::uint64_t id) {
  return refuse(GuestCode::kClosed, "connection {} is closed", id);
}

host::Outcome check_topic(std::string_view topic) {
  if (!topic.empty() && topic.size() <= kTopicNameMax) return {};
  return refuse(GuestCode::kInvalid, "a topic has 1 to {} bytes", kTopicNameMax);
}

host::Outcome check_close(const Connection& connection, const Peer& peer, std::uint16_t code,
                          std::string_view reason) {
  if (reason.size() > kCloseReasonMax) {
    return refuse(GuestCode::kInvalid, "a reason has at most {} bytes", kCloseReasonMax);
  }
  const bool rejects = connection.state() == State::kOpening && !peer.is_answered;
  if (rejects && (code < 400 || code > 599)) {
    return refuse(GuestCode::kInvalid, "an opening is rejected with an HTTP status, 400 to 599");
  }
  if (!rejects && !is_sendable_close_code(code)) {
    return refuse(GuestCode::kInvalid, "close code {} may not be sent", code);
  }
  return {};
}

}  // namespace

host::Outcome Instance::accept(std::uint64_t id, std::optional<std::string_view> subprotocol) {
  Peer* peer = peers_.find(id);
  if (!peer) return unknown(id);
  if (peer->is_closed || !peer->connection) return closed(id);
  if (peer->is_answered || peer->connection->state() != State::kOpening) {
    return refuse(GuestCode::kConflict, "connection {} is answered already", id);
  }
  if (subprotocol && !peer->connection->offers(*subprotocol)) {
    return refuse(GuestCode::kInvalid, "connection {} does not offer subprotocol {}", id,
                  *subprotocol);
  }
  peers_.answer(id, *peer);
  return {};
}

host::Outcome Instance::send(std::uint64_t id, const Message& message) {
  Peer* peer = peers_.find(id);
  if (!peer) return unknown(id);
  if (peer->is_closed || !peer->connection) return closed(id);
  if (peer->connection->state() == State::kOpening && !peer->is_answered) {
    return refuse(GuestCode::kConflict, "connection {} is not accepted yet", id);
  }
  const std::size_t size = message.bytes().size();
  const std::size_t waiting = peer->connection->outgoing_bytes() + peer->promised_bytes;
  if (auto room = host::check_room(id, size, waiting, limits_.out_hard); !room) {
    return refused_.note(id, std::move(room));
  }
  peers_.promise(id, *peer, size);
  return {};
}

host::Outcome Instance::close(std::uint64_t id, std::uint16_t code, std::string_view reason) {
  Peer* peer = peers_.find(id);
  if (!peer) return unknown(id);
  if (peer->is_closed || !peer->connection) return closed(id);
  if (auto status = check_close(*peer->connection, *peer, code, reason); !status) return status;
  peers_.close(id, *peer);
  return {};
}

host::Outcome Instance::subscribe(std::uint64_t id, std::string_view topic) {
  Peer* peer = peers_.find(id);
  if (!peer) return unknown(id);
  if (peer->is_closed || !peer->connection) return closed(id);
  if (auto status = check_topic(topic); !status) return status;
  if (topic == kEverybody) return {};
  if (!topics_.contains(topic) && !asked_topics_.contains(topic) &&
      topics_.size() + new_topics() >= limits_.topics_max) {
    return refuse(GuestCode::kFull, "topics_max is {}", limits_.topics_max);
  }
  ++asked_topics_[asked_now_.emplace_back(topic)];
  return {};
}

host::Outcome Instance::unsubscribe(std::uint64_t id, std::string_view topic) {
  if (!peers_.find(id)) return unknown(id);
  return check_topic(topic);
}

host::Outcome Instance::publish(std::string_view topic, const Message& message) {
  if (auto status = check_topic(topic); !status) return status;
  const std::size_t size = message.bytes().size();
  if (size > limits_.topic_bytes) {
    return refuse(GuestCode::kTooLarge, "{} bytes, topic_bytes is {}", size, limits_.topic_bytes);
  }
  if (!publications_.have_room_for(size)) {
    return refuse(GuestCode::kFull, "{} publications are on their way", publications_.size());
  }
  publications_.asked().ask({greeted_, size});
  return {};
}

host::Outcome Instance::set_attachment(std::uint64_t id, ByteSpan value) {
  Peer* peer = peers_.find(id);
  if (!peer) return unknown(id);
  if (value.size() > limits_.attachment_max) {
    return refuse(GuestCode::kTooLarge, "{} bytes, attachment_max is {}", value.size(),
                  limits_.attachment_max);
  }
  peers_.attach(id, *peer, to_bytes(value));
  return {};
}

host::Data Instance::attachment(std::uint64_t id) {
  const Peer* peer = peers_.find(id);
  if (!peer) return unknown(id);
  return peer->attachment;
}

void Instance::settle(actor::Settlement settlement) {
  refused_.settle(settlement, peers_,
                  [this](Connection& connection) { flow_.mark_dirty(connection); });
  const auto asked = std::exchange(asked_now_, {});
  if (settlement == actor::Settlement::kCommitted) {
    peers_.keep();
    publications_.asked().keep();
  } else {
    peers_.roll_back();
    for (const std::string& topic : asked) forget_asked(topic);
    publications_.asked().roll_back();
  }
}

// Effects. A connection that has ended meanwhile takes none: its closed event says so.

void Instance::perform_accept(std::uint64_t id, std::optional<std::string_view> subprotocol) {
  catch_up(id);
  Peer* peer = peers_.find(id);
  if (!peer || !peer->connection) return;
  std::optional<std::string> chosen;
  if (subprotocol) chosen = *subprotocol;
  peer->connection->accept(chosen);
}

void Instance::perform_send(std::uint64_t id, const Message& message) {
  catch_up(id);
  Peer* peer = peers_.find(id);
  if (!peer) return;
  peer->promised_bytes -= std::min(peer->promised_bytes, message.bytes().size());
  if (!peer->connection) return;
  if (peer->connection->state() == State::kOpen) traffic_.sent(message.bytes().size());
  peer->connection->send(message);
  flow_.mark_dirty(*peer->connection);
}

void Instance::perform_close(std::uint64_t id, std::uint16_t code, std::string_view reason) {
  catch_up(id);
  Peer* peer = peers_.find(id);
  if (!peer || !peer->connection) return;
  peer->connection->close(code, reason);
  flow_.mark_dirty(*peer->connection);
}

/// Those that are asked for and not there; one that is there may go before it is asked for again.
std::size_t Instance::new_topics() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      asked_topics_, [&](const auto& asked) { return !topics_.contains(asked.first); }));
}

void Instance::forget_asked(std::string_view topic) {
  const auto asked = asked_topics_.find(topic);
  if (asked != asked_topics_.end() && --asked->second == 0) asked_topics_.erase(asked);
}

void Instance::perform_subscribe(std::uint64_t id, std::string_view topic) {
  forget_asked(topic);
  catch_up(id);
  Peer* peer = peers_.find(id);
  if (!peer || !peer->connection || topic == kEverybody) return;
  if (topics_.add(topic, id, *peer->connection)) peer->topics.emplace_back(topic);
}

void Instance::perform_unsubscribe(std::uint64_t id, std::string_view topic) {
  catch_up(id);
  Peer* peer = peers_.find(id);
  if (!peer) return;
  topics_.remove(topic, id);
  std::erase(peer->topics, topic);
}

void Instance::fold_attachment(std::uint64_t id, ByteSpan value) {
  if (Peer* peer = peers_.find(id)) peer->attachment = to_bytes(value);
}

}  // namespace theater::hosts::websocket_server
