// The websocket-client family: connections that the actor opens.
#pragma once

#include <compare>
#include <string_view>
#include <vector>

#include "theater/actor.h"
#include "theater/headers.h"

namespace theater {

using Outcome = actor::types::Outcome;
using Error = actor::types::Error;
using Opened = actor::types::Opened;
using Opening = actor::websocket_types::Opening;
using Closing = actor::websocket_types::Closing;
using Message = actor::websocket_types::Message;

/// Names a connection that connect() began; the host owns it. Copy it, keep its id() in the state.
/// Until it is open, sending answers `conflict`; after its end, `closed` or `not-found`.
class OutgoingConnection {
 public:
  explicit OutgoingConnection(std::uint64_t id) : id_(id) {}

  std::uint64_t id() const { return id_; }
  Outcome send_text(std::string_view text) const {
    return actor::websocket_client::send(id_, Message::make_text(text));
  }
  Outcome send_binary(BytesView bytes) const {
    return actor::websocket_client::send(id_, Message::make_binary(bytes));
  }
  Outcome send(const Message& message) const { return actor::websocket_client::send(id_, message); }
  Outcome close(std::uint16_t code, std::string_view reason) const {
    return actor::websocket_client::close(id_, code, reason);
  }

  friend auto operator<=>(OutgoingConnection, OutgoingConnection) = default;

 private:
  std::uint64_t id_;
};

/// What an opening says beside what the protocol needs.
struct ConnectOptions {
  std::vector<std::string_view> subprotocols{};  // the best first; the server chooses one or none
  HeaderList headers{};
};

/// Begins a connection to a ws: or wss: URL that the grant covers; its id, or why not. What the
/// server chose stands in the opening's headers: find_header(opening.headers,
/// "sec-websocket-protocol").
inline Opened connect(std::string_view url, const ConnectOptions& options = {}) {
  const detail::HeaderView headers(options.headers);
  return actor::websocket_client::connect(url, options.subprotocols, headers.get());
}

/// What happens to the connections. Views are valid during the call.
class WebSocketClientHandler : public virtual ActorCore,
                               public actor::websocket_client_handler::Guest {
 public:
  StateResult handle_events(BytesView state,
                            wit::List<actor::websocket_client_types::Event> events) final {
    return invoke(state, events, [this](const auto& event) { dispatch(event); });
  }

 protected:
  /// Messages may flow; the opening has the headers of the server's answer.
  virtual void on_connected(OutgoingConnection, const Opening&) {}
  virtual void on_server_text(OutgoingConnection, std::string_view text) = 0;
  virtual void on_server_binary(OutgoingConnection, BytesView bytes) = 0;
  /// The outgoing queue is long; `on_server_drained` follows.
  virtual void on_server_congested(OutgoingConnection) {}
  virtual void on_server_drained(OutgoingConnection) {}
  /// It broke and is being made again, for the n-th time in a row.
  virtual void on_retrying(OutgoingConnection, std::uint32_t tries) { (void)tries; }
  /// The last event of each connection, opened or not.
  virtual void on_disconnected(OutgoingConnection, const Closing&) {}

 private:
  void dispatch(const actor::websocket_client_types::Event& event) {
    using Tag = actor::websocket_types::Payload::Tag;
    const auto& payload = event.payload;
    const OutgoingConnection connection(event.id);
    switch (payload.tag) {
      case Tag::kOpened:
        return on_connected(connection, payload.opened);
      case Tag::kMessage:
        return payload.message.is_text() ? on_server_text(connection, payload.message.text)
                                         : on_server_binary(connection, payload.message.binary);
      case Tag::kCongested:
        return on_server_congested(connection);
      case Tag::kDrained:
        return on_server_drained(connection);
      case Tag::kRetrying:
        return on_retrying(connection, payload.retrying);
      case Tag::kClosed:
        return on_disconnected(connection, payload.closed);
      case Tag::kOpening:
      case Tag::kGap:
        return;
    }
  }
};

}  // namespace theater
