// tcp::Instance: connections that go from one actor to another.
#include <utility>

#include "hosts/tcp/instance.h"

namespace theater::hosts::tcp {

using host::GuestCode;
using host::refuse;

// Whoever hands over.

host::Outcome Instance::transfer(std::uint64_t id, std::string_view to, ByteSpan note) {
  Peer* peer = peers_.find(id);
  if (!peer || !peer->is_known) return refuse(GuestCode::kNotFound, "no connection {}", id);
  if (peer->is_closed()) return refuse(GuestCode::kClosed, "connection {} is closed", id);
  if (auto good = check_writable(id, *peer); !good) return good;
  if (!names(setup_.grant.transfer_to, to)) {
    return refuse(GuestCode::kDenied, "transfer_to does not name {}", to);
  }
  if (to == actor_.identity().name) return refuse(GuestCode::kInvalid, "it is {}'s already", to);
  if (note.size() > kNoteBytesMax) {
    return refuse(GuestCode::kTooLarge, "a note has {} bytes, at most {}", note.size(),
                  kNoteBytesMax);
  }
  // Besides the event about congestion.
  if (!peer->promises.fill(queue_, kPromises - 1))
    return refuse(GuestCode::kFull, "too many events wait");
  View view = peer->view;
  view.is_moving = true;
  peers_.change(id, *peer, view);
  return {};
}

void Instance::perform_transfer(std::uint64_t id, std::string_view to, ByteSpan note) {
  Peer* peer = peers_.find(id);
  if (!peer || !peer->connection || peer->has_ended) return;  // its closed event says so
  peer->moves_to = to;
  peer->note = to_bytes(note);
  if (peer->connection->move()) return flow_.mark_dirty(*peer->connection);
  tell_not_moved(id, *peer,
                 refuse(GuestCode::kConflict, "connection {} is not passive, or data waits", id));
}

void Instance::tell_not_moved(std::uint64_t id, Peer& peer, const host::Outcome& why) {
  peer.view.is_moving = false;
  if (crowd_.is_stopping()) return;
  peer.promises.put(queue_, source(About::kOther, id), event_bytes<Payload::kTransferred>(id, why));
}

/// Not inside calls of the socket, which may be another thread's a moment later.
void Instance::on_moving(Connection& connection) {
  moving_.push_back(connection.id());
  deferred_.request(&Instance::hand_over);
}

void Instance::hand_over() {
  Doors& doors = setup_.doors;
  for (const std::uint64_t id : std::exchange(moving_, {})) {
    Peer* peer = peers_.find(id);
    if (!peer || !peer->connection || peer->connection->state() != State::kMoving) continue;
    Parcel parcel = peer->connection->release();
    parcel.sender = actor_.identity().name;
    parcel.note = std::exchange(peer->note, {});
    doors.visit(peer->moves_to, [&doors, parcel = std::move(parcel)](Instance* there) mutable {
      host::Outcome outcome = refuse(GuestCode::kNotFound, "no such actor takes connections");
      if (there != nullptr) outcome = there->receive(parcel);
      const std::string sender = parcel.sender;
      doors.visit(sender, [parcel = std::move(parcel), outcome](Instance* back) mutable {
        if (back != nullptr) back->on_answer(parcel, outcome);
      });
    });
  }
}

void Instance::on_answer(Parcel& parcel, const host::Outcome& outcome) {
  const std::uint64_t id = parcel.id;
  Peer* peer = peers_.find(id);
  const bool waits = peer && peer->connection && peer->connection->state() == State::kMoving;
  if (!waits) return;  // it was not waited for: closed
  if (!outcome) {
    tell_not_moved(id, *peer, outcome);
    return peer->connection->come_back(std::move(parcel.stream));
  }
  peer->has_ended = true;
  if (!crowd_.is_stopping()) {
    peer->promises.put(queue_, source(About::kClosed, id),
                       event_bytes<Payload::kTransferred>(id, outcome));
    peer->promises.give_back(queue_);
  }
  peer->connection->moved();
}

// Whoever takes over.

host::Outcome Instance::receive(Parcel& parcel) {
  const std::string& name = actor_.identity().name;
  if (!names(setup_.grant.transfer_from, parcel.sender)) {
    return refuse(GuestCode::kDenied, "transfer_from of {} does not name {}", name, parcel.sender);
  }
  if (crowd_.is_stopping()) return refuse(GuestCode::kClosed, "{} stops", name);
  if (!has_room()) return refuse(GuestCode::kFull, "{} has connections_max already", name);
  crowd_.arm_tick();
  const std::uint64_t id = kHostIdBit | ++last_id_;
  Peer& peer = peers_.add(id);
  peer.promises.hold(kPromises);
  ConnectionOwner& owner = *this;
  peer.connection = std::make_unique<Connection>(
      ConnectionSetup{id, parcel.end, setup_.grant, tls_of(parcel.end).get(), services_, owner});
  if (const Status taken = peer.connection->take_over(parcel); !taken) {
    forget(id);
    return refuse(GuestCode::kIo, "{}", taken.error().message);
  }
  crowd_.add();
  ++handed_;
  const std::string address = peer.connection->peer();
  peer.promises.put(
      queue_, source(About::kOpened, id),
      event_bytes<Payload::kHanded>(id, Handing{address, parcel.sender, std::move(parcel.note)}));
  return {};
}

const std::shared_ptr<io::TlsContext>& Instance::tls_of(End end) const {
  return end == End::kAccepted ? server_tls_ : client_tls_;
}

}  // namespace theater::hosts::tcp
