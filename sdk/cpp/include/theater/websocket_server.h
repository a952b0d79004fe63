// The websocket-server family: connections that clients open.
#pragma once

#include <compare>

#include "theater/actor.h"

namespace theater {

using Outcome = actor::types::Outcome;
using Error = actor::types::Error;
using Opening = actor::websocket_types::Opening;
using Closing = actor::websocket_types::Closing;
using Message = actor::websocket_types::Message;

/// The topic that every connection is in.
inline constexpr std::string_view kEverybody = "*";

/// Set in every id that the host made.
inline constexpr std::uint64_t kHostIdBit = std::uint64_t{1} << 52;

/// Names a connection; the host owns it. Copy it, keep its id() in the state, use it any time:
/// after the end every call answers `closed`.
class Connection {
 public:
  explicit Connection(std::uint64_t id) : id_(id) {}

  std::uint64_t id() const { return id_; }
  /// The id as people read it: 1, 2, 3, ... (without the bit that marks ids of the host).
  std::uint64_t number() const { return id_ & ~kHostIdBit; }

  Outcome send_text(std::string_view text) const {
    return actor::websocket_server::send(id_, Message::make_text(text));
  }
  Outcome send_binary(BytesView bytes) const {
    return actor::websocket_server::send(id_, Message::make_binary(bytes));
  }
  Outcome send(const Message& message) const { return actor::websocket_server::send(id_, message); }
  Outcome close(std::uint16_t code, std::string_view reason) const {
    return actor::websocket_server::close(id_, code, reason);
  }
  /// Only while opening; without a subprotocol if none is named.
  Outcome accept(const wit::Option<wit::String>& subprotocol = {}) const {
    return actor::websocket_server::accept(id_, subprotocol);
  }
  Outcome subscribe(std::string_view topic) const {
    return actor::websocket_server::subscribe(id_, topic);
  }
  Outcome unsubscribe(std::string_view topic) const {
    return actor::websocket_server::unsubscribe(id_, topic);
  }
  /// Bytes kept with the connection, as long as it lives.
  Outcome set_attachment(BytesView value) const {
    return actor::websocket_server::set_attachment(id_, value);
  }
  actor::types::Data attachment() const { return actor::websocket_server::attachment(id_); }

  friend auto operator<=>(Connection, Connection) = default;

 private:
  std::uint64_t id_;
};

/// To everybody who is in the topic when the invocation is committed.
inline Outcome publish_text(std::string_view topic, std::string_view text) {
  return actor::websocket_server::publish(topic, Message::make_text(text));
}
inline Outcome publish_binary(std::string_view topic, BytesView bytes) {
  return actor::websocket_server::publish(topic, Message::make_binary(bytes));
}

/// What happens to the connections. Views are valid during the call.
class WebSocketServerHandler : public virtual ActorCore,
                               public actor::websocket_server_handler::Guest {
 public:
  StateResult handle_events(BytesView state,
                            wit::List<actor::websocket_server_types::Event> events) final {
    return invoke(state, events, [this](const auto& event) { dispatch(event); });
  }

 protected:
  /// Someone asks to connect: accept() or close() it. Only if the grant says accept = "ask".
  virtual void on_opening(Connection, const Opening&) {}
  virtual void on_open(Connection, const Opening&) {}
  virtual void on_text(Connection, std::string_view text) = 0;
  virtual void on_binary(Connection, BytesView bytes) = 0;
  /// The outgoing queue is long; `on_drained` follows.
  virtual void on_congested(Connection) {}
  virtual void on_drained(Connection) {}
  /// So many published messages were dropped for this slow connection.
  virtual void on_gap(Connection, std::uint64_t dropped) { (void)dropped; }
  /// The last event of each connection.
  virtual void on_close(Connection, const Closing&) {}

 private:
  void dispatch(const actor::websocket_server_types::Event& event) {
    using Tag = actor::websocket_types::Payload::Tag;
    const auto& payload = event.payload;
    const Connection connection(event.id);
    switch (payload.tag) {
      case Tag::kOpening:
        return on_opening(connection, payload.opening);
      case Tag::kOpened:
        return on_open(connection, payload.opened);
      case Tag::kMessage:
        return payload.message.is_text() ? on_text(connection, payload.message.text)
                                         : on_binary(connection, payload.message.binary);
      case Tag::kCongested:
        return on_congested(connection);
      case Tag::kDrained:
        return on_drained(connection);
      case Tag::kGap:
        return on_gap(connection, payload.gap);
      case Tag::kRetrying:
        return;
      case Tag::kClosed:
        return on_close(connection, payload.closed);
    }
  }
};

}  // namespace theater
