// tcp::Instance: what sockets tell, time, the end.
#include "hosts/tcp/instance.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "host/closing.h"
#include "host/rounds.h"

namespace theater::hosts::tcp {

Instance::Instance(InstanceSetup setup, const host::Context& context)
    : BoundInstance(setup.binding),
      setup_(std::move(setup)),
      limits_(setup_.grant.limits),
      services_(context.services),
      actor_(context.actor),
      queue_({"tcp events",
              host::QueuePolicy::kPause,
              {limits_.queue_items, limits_.queue_bytes, 2 * kPromises * limits_.connections_max}},
             *this, context.actor, context.services.clock),
      flow_(peers_, queue_, services_,
            {limits_.credit_items, limits_.credit_bytes, source(About::kCongestion, 0), kPromises,
             &event_bytes<Payload::kCongested>, &event_bytes<Payload::kDrained>}),
      crowd_({peers_, flow_, queue_, services_, actor_, *this}) {}

Instance::~Instance() {
  CHECK(!listener_, "END-1");
  setup_.doors.close(actor_.identity().name, *this);
}

// Visitors.

bool Instance::has_room() {
  return crowd_.count() + asked_count_ < limits_.connections_max && queue_.reserve(kPromises);
}

/// Those without room wait in the kernel: see on_tick() and on_buried().
void Instance::on_acceptable() {
  for (int turn = 0; turn < kAcceptsMax; ++turn) {
    crowd_.arm_tick();
    is_accept_held_ = !has_room();
    if (is_accept_held_) return;
    auto accepted = listener_->accept();
    if (accepted && *accepted) {
      adopt(std::move(**accepted));
      continue;
    }
    queue_.unreserve(kPromises);
    is_accept_held_ = !accepted && accepted.error().code == Code::kFull;
    if (is_accept_held_) return;
    if (accepted) break;
  }
  listener_->want_accept();
}

void Instance::adopt(std::unique_ptr<io::Stream> stream) {
  const std::uint64_t id = kHostIdBit | ++last_id_;
  Peer& peer = peers_.add(id);
  peer.promises.hold(kPromises);
  ConnectionOwner& owner = *this;
  peer.connection = std::make_unique<Connection>(
      ConnectionSetup{id, End::kAccepted, setup_.grant, server_tls_.get(), services_, owner});
  crowd_.add();
  ++accepted_;
  if (peer.connection->adopt(std::move(stream))) return;
  forget(id);  // out of memory for watching it: closed
  crowd_.take_back();
}

/// The guest has never heard of it.
void Instance::forget(std::uint64_t id) {
  peers_.find(id)->promises.give_back(queue_);
  peers_.erase(id);
}

// What connections tell.

void Instance::on_opened(Connection& connection, const std::string& address) {
  if (crowd_.is_stopping()) return;
  const std::uint64_t id = connection.id();
  ++opened_;
  peers_.find(id)->promises.put(queue_, source(About::kOpened, id),
                                event_bytes<Payload::kOpened>(id, address));
}

void Instance::on_data(Connection& connection, ByteSpan bytes) {
  if (crowd_.is_stopping()) return;
  bytes_in_ += bytes.size();
  const Bytes event = event_bytes<Payload::kData>(connection.id(), to_bytes(bytes));
  flow_.deliver(connection, source(About::kData, connection.id()), event);
}

void Instance::on_paused(Connection& connection) {
  if (crowd_.is_stopping()) return;
  const auto put = queue_.put(source(About::kOther, connection.id()),
                              event_bytes<Payload::kPaused>(connection.id()));
  CHECK(put == host::Put::kQueued, "BOUND-1");  // reading stops before the queue is full
}

void Instance::on_end_of_data(Connection& connection) {
  if (crowd_.is_stopping()) return;
  const std::uint64_t id = connection.id();
  peers_.find(id)->promises.put(queue_, source(About::kOther, id),
                                event_bytes<Payload::kEndOfData>(id));
}

void Instance::on_secured(Connection& connection) {
  if (crowd_.is_stopping()) return;
  const std::uint64_t id = connection.id();
  peers_.find(id)->promises.put(queue_, source(About::kOther, id),
                                event_bytes<Payload::kSecured>(id));
}

void Instance::on_closed(Connection& connection, const std::optional<host::GuestError>& why) {
  const std::uint64_t id = connection.id();
  Peer& peer = *peers_.find(id);
  peer.has_ended = true;
  failed_ += why ? 1 : 0;
  if (crowd_.is_stopping()) return;
  if ((id & kHostIdBit) != 0 && !connection.was_opened()) {
    peer.is_told = true;  // the guest has never heard of it
    return peer.promises.give_back(queue_);
  }
  peer.promises.put(queue_, source(About::kClosed, id), event_bytes<Payload::kClosed>(id, why));
  peer.promises.give_back(queue_);
}

void Instance::on_gone(Connection& connection) {
  crowd_.bury(std::move(peers_.find(connection.id())->connection));
}

// What the queue tells.

void Instance::on_taken(std::uint64_t from, std::size_t bytes) {
  const auto [about, id] = host::Source<About>::of(from);
  Peer* peer = peers_.find(id);
  if (!peer) return;
  switch (about) {
    case About::kData:
      return flow_.taken(*peer, bytes);
    case About::kOpened:
      peer->is_known = true;
      return;
    case About::kOther:
      return;
    case About::kCongestion:
      peer->is_congestion_queued = false;
      return;
    case About::kClosed:
      peer->is_told = true;
      if (!peer->connection) peers_.erase(id);  // else it still awaits the peer's end
      return crowd_.on_closed_taken();
  }
}

// Time.

void Instance::on_buried() {
  std::erase_if(peers_.all(),
                [](const auto& entry) { return entry.second.is_told && !entry.second.connection; });
  if (listener_ && std::exchange(is_accept_held_, false)) listener_->want_accept();
  crowd_.end_tick_if_idle();
}

bool Instance::on_tick() {
  const bool is_held = std::exchange(is_accept_held_, false) && listener_;
  if (is_held) listener_->want_accept();
  return is_held;
}

// Restart.

Bytes Instance::save() const {
  Bytes out;
  wasm::BinaryWriter writer(out);
  writer.unsigned_number(last_id_);
  const auto is_open = [](const Peer& peer) { return peer.is_known && !peer.is_told; };
  writer.unsigned_number(static_cast<std::uint64_t>(std::ranges::count_if(
      peers_.all(), [&](const auto& entry) { return is_open(entry.second); })));
  for (const auto& [id, peer] : peers_.all()) {
    if (is_open(peer)) writer.unsigned_number(id);
  }
  return out;
}

Status Instance::load(ByteSpan saved) {
  wasm::BinaryReader reader(saved);
  last_id_ = reader.unsigned_number(kHostIdBit - 1);
  for (std::uint64_t left = reader.count(); left > 0 && reader.ok(); --left) {
    interrupted_.push_back(reader.unsigned_number(2 * kHostIdBit - 1));
  }
  return reader.finish();
}

void Instance::fold_connect(host::PastEffect& past, std::string_view, std::uint16_t) {
  interrupted_.push_back(past.id);
}

Status Instance::fold_event(ByteSpan bytes) {
  TRY(const auto event, wasm::from_binary<host::Event<Payload>>(bytes));
  const bool is_accepted = (event.id & kHostIdBit) != 0;
  if (is_accepted) last_id_ = std::max(last_id_, event.id & (kHostIdBit - 1));
  const std::size_t kind = event.payload.value.index();
  const bool is_first = kind == Payload::kOpened || kind == Payload::kHanded;
  if (is_first && is_accepted) interrupted_.push_back(event.id);
  const auto* moved = std::get_if<Payload::kTransferred>(&event.payload.value);
  const bool is_last = kind == Payload::kClosed || (moved != nullptr && moved->has_value());
  if (is_last) std::erase(interrupted_, event.id);
  return {};
}

Status Instance::recover() {
  const Grant& grant = setup_.grant;
  if (!grant.allow.empty() || !grant.transfer_from.empty()) {
    client_tls_ = io::TlsContext::client(*grant.authorities);
  }
  if (grant.tls) {
    TRY(server_tls_, io::TlsContext::server(*grant.tls));
  }
  for (const std::uint64_t id : interrupted_) {
    Peer& peer = peers_.add(id);
    peer.has_ended = peer.is_known = true;
  }
  crowd_.report_interrupted(std::move(interrupted_));
  if (!grant.transfer_to.empty() || !grant.transfer_from.empty()) {
    setup_.doors.open(actor_.identity().name, services_.executor, *this);
  }
  if (!grant.listen) return {};
  TRY(listener_, services_.network.listen(*grant.listen, *this));
  listener_->want_accept();
  return {};
}

void Instance::tell_interrupted(std::uint64_t id, Peer& peer, const host::GuestError& why) {
  peer.promises.put(queue_, source(About::kClosed, id), event_bytes<Payload::kClosed>(id, why));
}

// The end.

/// No visitors any more.
void Instance::expect_stop(actor::EndReason) {
  listener_.reset();
  crowd_.end_tick_if_idle();
}

void Instance::stop(actor::StopMode mode) {
  setup_.doors.close(actor_.identity().name, *this);
  listener_.reset();
  crowd_.stop(mode);
}

void Instance::send_off(Connection& connection) {
  connection.close(
      host::GuestError{host::GuestCode::kInterrupted, "", "the actor stops", std::nullopt});
}

void Instance::release_memory() { queue_.release_memory(); }

}  // namespace theater::hosts::tcp
