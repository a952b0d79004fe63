// tcp::Instance: what the guest may ask for, doing it once it is durable, and figures.
#include <algorithm>

#include "base/check.h"
#include "host/rounds.h"
#include "hosts/outbound/fields.h"
#include "hosts/outbound/url.h"
#include "hosts/tcp/instance.h"

namespace theater::hosts::tcp {

using host::GuestCode;
using host::refuse;

namespace {

std::unexpected<host::GuestError> unknown(std::uint64_t id) {
  return refuse(GuestCode::kNotFound, "no connection {}", id);
}
std::unexpected<host::GuestError> closed(std::uint64_t id) {
  return refuse(GuestCode::kClosed, "connection {} is closed", id);
}
std::unexpected<host::GuestError> not_now(std::uint64_t id, std::string_view why) {
  return refuse(GuestCode::kConflict, "connection {} {}", id, why);
}

}  // namespace

host::Started Instance::connect(actor::CallContext& call, std::string_view host,
                                std::uint16_t port) {
  const std::string name = outbound::lower(host);
  if (!outbound::is_host(name) || port == 0) {
    return refuse(GuestCode::kInvalid, "\"{}\" port {} is nowhere", host, port);
  }
  if (!setup_.grant.allows(name, port)) {
    return refuse(GuestCode::kDenied, "no entry of allow covers {} port {}", name, port);
  }
  if (crowd_.is_stopping()) return refuse(GuestCode::kClosed, "the actor stops");
  if (!has_room()) {
    return refuse(GuestCode::kFull, "connections_max is {}", limits_.connections_max);
  }
  ++asked_count_;
  Peer& peer = peers_.open(call.next_id);
  peer.promises.hold(kPromises);
  peer.is_known = true;
  return call.next_id;
}

host::Outcome Instance::send(std::uint64_t id, ByteSpan data) {
  Peer* peer = peers_.find(id);
  if (!peer || !peer->is_known) return unknown(id);
  if (peer->is_closed()) return closed(id);
  if (auto good = check_writable(id, *peer); !good) return good;
  const std::size_t waiting = peer->connection->outgoing_bytes() + peer->promised_bytes;
  const std::size_t size = data.size();
  if (auto room = host::check_room(id, size, waiting, limits_.out_hard); !room) {
    return refused_.note(id, std::move(room));
  }
  peers_.promise(id, *peer, data.size());
  return {};
}

/// Open that way, and no TLS is being agreed on.
host::Outcome Instance::check_writable(std::uint64_t id, const Peer& peer) const {
  if (peer.view.is_shut) return not_now(id, "was told that no more is written");
  if (!peer.connection) return not_now(id, "is not open");
  const State state = peer.connection->state();
  const bool is_securing = peer.view.is_secured && !peer.connection->is_secure();
  if ((state != State::kOpen && state != State::kPeerEnded) || is_securing ||
      peer.connection->is_tls_awaited()) {
    return not_now(id, "is not open");
  }
  if (peer.view.is_moving) return not_now(id, "is being handed over");
  return {};
}

host::Outcome Instance::check_tls(std::uint64_t id, const Peer& peer,
                                  const std::optional<std::string>& host) const {
  if (!peer.connection || peer.connection->state() != State::kOpen || peer.view.is_shut) {
    return not_now(id, "is not open");
  }
  if (peer.view.is_secured || peer.connection->is_secure()) return not_now(id, "has TLS");
  const bool is_accepted = peer.connection->end() == End::kAccepted;
  if (!tls_of(peer.connection->end())) {
    return refuse(GuestCode::kUnsupported, "the grant has no {}",
                  is_accepted ? "certificate" : "connections of its own");
  }
  if (host && (is_accepted || !outbound::is_host(*host))) {
    return refuse(GuestCode::kInvalid, "\"{}\" is not whose certificate is expected here", *host);
  }
  return {};
}

host::Outcome Instance::control(std::uint64_t id, const Order& order) {
  Peer* peer = peers_.find(id);
  if (!peer || !peer->is_known) return unknown(id);
  if (peer->is_closed()) return closed(id);
  if (peer->view.is_moving) return not_now(id, "is being handed over");
  View view = peer->view;
  switch (order.kind()) {
    case Order::kActive:
    case Order::kOnce:
    case Order::kPassive:
      return {};
    case Order::kStartTls:
      if (auto good = check_tls(id, *peer, std::get<Order::kStartTls>(order.value)); !good) {
        return good;
      }
      view.is_secured = true;
      break;
    case Order::kShutWrite:
      if (auto good = check_writable(id, *peer); !good) return good;
      view.is_shut = true;
      break;
    case Order::kClose:
      view.is_closed = true;
      break;
  }
  peers_.change(id, *peer, view);
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

void Instance::perform_connect(actor::Effect& effect, std::string_view host, std::uint16_t port) {
  --asked_count_;
  Peer* peer = peers_.find(effect.id);
  if (crowd_.is_stopping() || !peer) return;
  crowd_.arm_tick();
  ConnectionOwner& owner = *this;
  peer->connection = std::make_unique<Connection>(
      ConnectionSetup{effect.id, End::kDialled, setup_.grant, client_tls_.get(), services_, owner});
  crowd_.add();
  peer->connection->dial(outbound::lower(host), port);
}

void Instance::perform_send(std::uint64_t id, ByteSpan data) {
  Peer* peer = peers_.find(id);
  if (!peer) return;
  peer->promised_bytes -= std::min(peer->promised_bytes, data.size());
  if (!peer->connection) return;
  bytes_out_ += data.size();
  peer->connection->send(data);
  flow_.mark_dirty(*peer->connection);
}

void Instance::perform_control(std::uint64_t id, const Order& order) {
  Peer* peer = peers_.find(id);
  if (!peer || !peer->connection) return;
  Connection& connection = *peer->connection;
  switch (order.kind()) {
    case Order::kActive:
      connection.want(std::get<Order::kActive>(order.value), Connection::AtEnd::kTell);
      break;
    case Order::kOnce:
      connection.want(1, Connection::AtEnd::kSilent);
      break;
    case Order::kPassive:
      connection.want(0, Connection::AtEnd::kSilent);
      break;
    case Order::kStartTls:
      connection.start_tls(std::get<Order::kStartTls>(order.value));
      break;
    case Order::kShutWrite:
      connection.shut_write();
      break;
    case Order::kClose:
      connection.close(std::nullopt);
      break;
  }
  if (peer->connection) flow_.mark_dirty(connection);
}

actor::Census Instance::census() const {
  actor::Census census = crowd_.census();
  census.descriptors += listener_ ? 1 : 0;
  return census;
}

void Instance::measure(actor::Figures& figures) const {
  queue_.measure(figures);
  figures.gauge({"tcp_connections", "Connections now held."}, static_cast<double>(crowd_.count()));
  figures.gauge({"tcp_held", "Connections not read until the actor catches up."},
                static_cast<double>(flow_.held_count()));
  figures.counter({"tcp_accepted_total", "Connections that were accepted."}, accepted_);
  figures.counter({"tcp_handed_total", "Connections taken over from other actors."}, handed_);
  figures.counter({"tcp_opened_total", "Connections of both kinds that were opened."}, opened_);
  figures.counter({"tcp_failed_total", "Connections that ended with an error."}, failed_);
  figures.counter({"tcp_bytes_in_total", "Bytes received."}, bytes_in_);
  figures.counter({"tcp_bytes_out_total", "Bytes queued to be written."}, bytes_out_);
}

}  // namespace theater::hosts::tcp
