// The tcp family: connections that the actor opens and accepts.
#pragma once

#include <compare>
#include <optional>
#include <string_view>

#include "theater/actor.h"
#include "theater/text.h"

namespace theater {

using Outcome = actor::types::Outcome;
using Error = actor::types::Error;
using Opened = actor::types::Opened;
using TcpHanding = actor::tcp_types::Handing;
using TcpOrder = actor::tcp_types::Order;

/// Names a TCP connection; the host owns it. Copy it, keep its id() in the state.
class TcpConnection {
 public:
  explicit TcpConnection(std::uint64_t id) : id_(id) {}

  std::uint64_t id() const { return id_; }
  Outcome send(BytesView data) const { return actor::tcp::send(id_, data); }
  Outcome send(std::string_view text) const { return send(as_bytes(text)); }
  /// So many pieces of data, then on_paused.
  Outcome active(std::uint32_t pieces) const { return order(TcpOrder::make_active(pieces)); }
  Outcome once() const { return order(TcpOrder::make_once()); }
  Outcome passive() const { return order(TcpOrder::make_passive()); }
  /// `host`: whose certificate is expected; nothing: that of the host it was opened to.
  Outcome start_tls(const wit::Option<wit::String>& host = {}) const {
    return order(TcpOrder::make_start_tls(host));
  }
  Outcome shut_write() const { return order(TcpOrder::make_shut_write()); }
  /// To an actor of this node; on_tcp_transferred tells.
  Outcome transfer(std::string_view to, std::string_view note = {}) const {
    return actor::tcp::transfer(id_, to, as_bytes(note));
  }
  Outcome close() const { return order(TcpOrder::make_close()); }

  friend auto operator<=>(TcpConnection, TcpConnection) = default;

 private:
  Outcome order(const TcpOrder& what) const { return actor::tcp::control(id_, what); }

  std::uint64_t id_;
};

/// Begins a connection to a host that the grant covers; its id, or why not.
inline Opened tcp_connect(std::string_view host, std::uint16_t port) {
  return actor::tcp::connect(host, port);
}

/// What happens to the connections. Views are valid during the call.
class TcpHandler : public virtual ActorCore, public actor::tcp_handler::Guest {
 public:
  StateResult handle_events(BytesView state, wit::List<actor::tcp_types::Event> events) final {
    return invoke(state, events, [this](const auto& event) { dispatch(event); });
  }

 protected:
  virtual void on_tcp_opened(TcpConnection, std::string_view peer) { (void)peer; }
  /// One that another actor had: the first event instead of on_tcp_opened.
  virtual void on_tcp_handed(TcpConnection, const TcpHanding&) {}
  virtual void on_tcp_data(TcpConnection, BytesView data) = 0;
  virtual void on_tcp_paused(TcpConnection) {}
  /// The peer writes nothing more.
  virtual void on_tcp_end(TcpConnection) {}
  virtual void on_tcp_secured(TcpConnection) {}
  /// The outgoing queue is long; `on_tcp_drained` follows.
  virtual void on_tcp_congested(TcpConnection) {}
  virtual void on_tcp_drained(TcpConnection) {}
  /// Without an error the connection is another actor's now.
  virtual void on_tcp_transferred(TcpConnection, const Outcome&) {}
  /// The last event of each other connection, opened or not.
  virtual void on_tcp_closed(TcpConnection, const wit::Option<Error>&) {}

 private:
  void dispatch(const actor::tcp_types::Event& event) {
    using Tag = actor::tcp_types::Payload::Tag;
    const auto& payload = event.payload;
    const TcpConnection connection(event.id);
    switch (payload.tag) {
      case Tag::kOpened:
        return on_tcp_opened(connection, payload.opened);
      case Tag::kHanded:
        return on_tcp_handed(connection, payload.handed);
      case Tag::kData:
        return on_tcp_data(connection, payload.data);
      case Tag::kPaused:
        return on_tcp_paused(connection);
      case Tag::kEndOfData:
        return on_tcp_end(connection);
      case Tag::kSecured:
        return on_tcp_secured(connection);
      case Tag::kCongested:
        return on_tcp_congested(connection);
      case Tag::kDrained:
        return on_tcp_drained(connection);
      case Tag::kTransferred:
        return on_tcp_transferred(connection, payload.transferred);
      case Tag::kClosed:
        return on_tcp_closed(connection, payload.closed);
    }
  }
};

}  // namespace theater
