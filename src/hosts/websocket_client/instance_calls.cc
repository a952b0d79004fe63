// websocket_client::Instance: what the guest may ask for, and doing it once it is durable.
#include <algorithm>

#include "base/check.h"
#include "host/rounds.h"
#include "hosts/websocket_client/instance.h"

namespace theater::hosts::websocket_client {

using host::GuestCode;
using host::refuse;

namespace {

std::unexpected<host::GuestError> unknown(std::uint64_t id) {
  return refuse(GuestCode::kNotFound, "no connection {}", id);
}
std::unexpected<host::GuestError> closed(std::uint64_t id) {
  return refuse(GuestCode::kClosed, "connection {} is closed", id);
}

}  // namespace

host::Started Instance::connect(actor::CallContext& call, std::string_view url,
                                const std::vector<std::string>& subprotocols,
                                const host::Headers& headers) {
  const auto target = outbound::parse_url(url);
  if (!target) return refuse(GuestCode::kInvalid, "{}", target.error().message);
  if (target->scheme != "ws" && target->scheme != "wss") {
    return refuse(GuestCode::kInvalid, "a WebSocket has scheme ws or wss");
  }
  if (!setup_.grant.allow.allows(*target, "GET")) {
    return refuse(GuestCode::kDenied, "no entry of allow covers {}", url);
  }
  if (auto good = check_ask(subprotocols, headers); !good) {
    return std::unexpected(std::move(good.error()));
  }
  if (crowd_.is_stopping()) return refuse(GuestCode::kClosed, "the actor stops");
  if (crowd_.count() + asked_count_ >= limits_.connections_max || !queue_.reserve(kPromises)) {
    return refuse(GuestCode::kFull, "connections_max is {}", limits_.connections_max);
  }
  ++asked_count_;
  peers_.open(call.next_id).promises.hold(kPromises);
  return call.next_id;
}

host::Outcome Instance::send(std::uint64_t id, const Message& message) {
  Peer* peer = peers_.find(id);
  if (!peer) return unknown(id);
  if (peer->is_closed) return closed(id);
  if (!peer->connection || peer->connection->state() != State::kOpen) {
    return refuse(GuestCode::kConflict, "connection {} is not open", id);
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
  if (peer->is_closed) return closed(id);
  if (reason.size() > kCloseReasonMax) {
    return refuse(GuestCode::kInvalid, "a reason has at most {} bytes", kCloseReasonMax);
  }
  if (!is_sendable_close_code(code)) {
    return refuse(GuestCode::kInvalid, "close code {} may not be sent", code);
  }
  peers_.close(id, *peer);
  return {};
}

void Instance::settle(actor::Settlement settlement) {
  refused_.settle(settlement, peers_,
                  [this](Connection& connection) { flow_.mark_dirty(connection); });
  if (settlement == actor::Settlement::kCommitted) return peers_.keep();
  const std::size_t unopened = peers_.roll_back();
  asked_count_ -= unopened;
  queue_.unreserve(unopened * kPromises);
}

// Effects. A connection that has ended meanwhile takes none: its closed event says so.

void Instance::perform_connect(actor::Effect& effect, std::string_view url,
                               const std::vector<std::string>& subprotocols,
                               const host::Headers& headers) {
  --asked_count_;
  Peer* peer = peers_.find(effect.id);
  if (crowd_.is_stopping() || !peer) return;
  crowd_.arm_tick();
  auto target = outbound::parse_url(url);
  CHECK(target, "the URL was checked when it was called");
  peer->connection = std::make_unique<Connection>(
      Connection::Setup{effect.id, setup_.grant, tls_.get(), services_, *this},
      Ask{std::move(*target), subprotocols, headers});
  crowd_.add();
  peer->connection->start();
}

void Instance::perform_send(std::uint64_t id, const Message& message) {
  Peer* peer = peers_.find(id);
  if (!peer) return;
  peer->promised_bytes -= std::min(peer->promised_bytes, message.bytes().size());
  if (!peer->connection) return;
  if (peer->connection->state() == State::kOpen) traffic_.sent(message.bytes().size());
  peer->connection->send(message);
  flow_.mark_dirty(*peer->connection);
}

void Instance::perform_close(std::uint64_t id, std::uint16_t code, std::string_view reason) {
  Peer* peer = peers_.find(id);
  if (!peer || !peer->connection) return;
  peer->connection->close(code, reason);
  if (peer->connection) flow_.mark_dirty(*peer->connection);
}

void Instance::measure(actor::Figures& figures) const {
  queue_.measure(figures);
  figures.gauge({"websocket_client_connections", "Connections now held."},
                static_cast<double>(crowd_.count()));
  figures.gauge({"websocket_client_held", "Connections not read until the actor catches up."},
                static_cast<double>(flow_.held_count()));
  figures.counter({"websocket_client_opened_total", "Connections that were opened."},
                  traffic_.opened);
  figures.counter({"websocket_client_retries_total", "Times a connection was made again."},
                  retries_);
  figures.counter({"websocket_client_messages_in_total", "Messages received."},
                  traffic_.messages_in);
  figures.counter({"websocket_client_bytes_in_total", "Payload bytes received."},
                  traffic_.bytes_in);
  figures.counter({"websocket_client_messages_out_total", "Messages queued to be written."},
                  traffic_.messages_out);
  figures.counter({"websocket_client_bytes_out_total", "Payload bytes queued to be written."},
                  traffic_.bytes_out);
  figures.counter({"websocket_client_slow_closes_total", "Connections closed for slow reading."},
                  traffic_.slow_closes);
}

}  // namespace theater::hosts::websocket_client
