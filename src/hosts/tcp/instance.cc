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
      flow_(peers_, queue_, services_.executor,
            {limits_.credit_items, limits_.credit_bytes, source(About::kCongestion, 0), kPromises,
             &event_bytes<Payload::kCongested>, &event_bytes<Payload::kDrained>}) {}

Instance::~Instance() {
  CHECK(connection_count_ == 0 && !listener_, "END-1");
  setup_.doors.close(actor_.identity().name, *this);
  if (tick_) services_.executor.cancel(*tick_);
}

// Visitors.

bool Instance::has_room() {
  return connection_count_ + asked_count_ < limits_.connections_max && queue_.reserve(kPromises);
}

/// Those without room wait in the kernel: see tick() and bury().
void Instance::on_acceptable() {
  for (int turn = 0; turn < kAcceptsMax; ++turn) {
    arm_tick();
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
  ++connection_count_;
  ++accepted_;
  if (peer.connection->adopt(std::move(stream))) return;
  forget(id);  // out of memory for watching it: closed
  --connection_count_;
}

/// The guest has never heard of it.
void Instance::forget(std::uint64_t id) {
  peers_.find(id)->promises.give_back(queue_);
  peers_.erase(id);
}

// What connections tell.

void Instance::put(About about, std::uint64_t id, const Bytes& event) {
  const auto queued = queue_.put(source(about, id), event);
  CHECK(queued == host::Put::kQueued, "BOUND-1");  // reading stops before the queue is full
}

void Instance::on_opened(Connection& connection, const std::string& address) {
  if (is_stopping_) return;
  const std::uint64_t id = connection.id();
  ++opened_;
  peers_.find(id)->promises.put(queue_, source(About::kOpened, id),
                                event_bytes<Payload::kOpened>(id, address));
}

void Instance::on_data(Connection& connection, ByteSpan bytes) {
  if (is_stopping_) return;
  bytes_in_ += bytes.size();
  const Bytes event = event_bytes<Payload::kData>(connection.id(), to_bytes(bytes));
  flow_.queued(connection, event.size());
  put(About::kData, connection.id(), event);
}

void Instance::on_paused(Connection& connection) {
  if (is_stopping_) return;
  put(About::kOther, connection.id(), event_bytes<Payload::kPaused>(connection.id()));
}

void Instance::on_end_of_data(Connection& connection) {
  if (is_stopping_) return;
  const std::uint64_t id = connection.id();
  peers_.find(id)->promises.put(queue_, source(About::kOther, id),
                                event_bytes<Payload::kEndOfData>(id));
}

void Instance::on_secured(Connection& connection) {
  if (is_stopping_) return;
  const std::uint64_t id = connection.id();
  peers_.find(id)->promises.put(queue_, source(About::kOther, id),
                                event_bytes<Payload::kSecured>(id));
}

void Instance::on_closed(Connection& connection, const std::optional<host::GuestError>& why) {
  const std::uint64_t id = connection.id();
  Peer& peer = *peers_.find(id);
  peer.has_ended = true;
  failed_ += why ? 1 : 0;
  if (is_stopping_) return;
  if ((id & kHostIdBit) != 0 && !connection.was_opened()) {
    peer.is_told = true;  // the guest has never heard of it
    return peer.promises.give_back(queue_);
  }
  peer.promises.put(queue_, source(About::kClosed, id), event_bytes<Payload::kClosed>(id, why));
  peer.promises.give_back(queue_);
}

void Instance::on_gone(Connection& connection) {
  Peer& peer = *peers_.find(connection.id());
  dead_.push_back(std::move(peer.connection));
  --connection_count_;
  deferred_.request(&Instance::bury);
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
      if (!interrupted_.empty()) deferred_.request(&Instance::report_interrupted);
      return;
  }
}

// Work that waits for the end of the batch.

void Instance::bury() {
  if (host::bury_some(dead_) == host::Round::kUnfinished) {
    return deferred_.request(&Instance::bury);
  }
  std::erase_if(peers_.all(),
                [](const auto& entry) { return entry.second.is_told && !entry.second.connection; });
  if (listener_ && std::exchange(is_accept_held_, false)) listener_->want_accept();
  end_tick_if_idle();
  drained_if_empty();
}

// Time.

void Instance::arm_tick() {
  if (tick_) return;
  tick_time_ = services_.clock.now();
  tick_ = services_.executor.after(kTick, [this] { tick(); });
}

void Instance::tick() {
  tick_.reset();
  tick_time_ = services_.clock.now();
  for (auto& [id, peer] : peers_.all()) {
    if (!peer.connection) continue;
    flow_.look(id, peer);
    peer.connection->sweep(tick_time_);
  }
  const bool is_held = std::exchange(is_accept_held_, false) && listener_;
  if (is_held) listener_->want_accept();
  if (connection_count_ > 0 || is_held) arm_tick();
}

void Instance::end_tick_if_idle() {
  if (connection_count_ > 0 || !tick_) return;
  services_.executor.cancel(*tick_);
  tick_.reset();
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
  report_interrupted();
  if (!grant.transfer_to.empty() || !grant.transfer_from.empty()) {
    setup_.doors.open(actor_.identity().name, services_.executor, *this);
  }
  if (!grant.listen) return {};
  TRY(listener_, services_.network.listen(*grant.listen, *this));
  listener_->want_accept();
  return {};
}

/// The connections that a crash or stop cut off: closed, as far as promises go.
void Instance::report_interrupted() {
  const host::GuestError error{host::GuestCode::kInterrupted, "",
                               "the node stopped while the connection was open", std::nullopt};
  while (!interrupted_.empty() && !is_stopping_ && queue_.reserve(1)) {
    const std::uint64_t id = interrupted_.back();
    interrupted_.pop_back();
    Peer& peer = *peers_.find(id);
    peer.promises.hold(1);
    peer.promises.put(queue_, source(About::kClosed, id), event_bytes<Payload::kClosed>(id, error));
  }
}

// The end.

/// No visitors any more.
void Instance::expect_stop(actor::EndReason) {
  listener_.reset();
  end_tick_if_idle();
}

void Instance::stop(actor::StopMode mode) {
  is_stopping_ = true;
  setup_.doors.close(actor_.identity().name, *this);
  listener_.reset();
  queue_.clear();
  interrupted_.clear();
  if (mode == actor::StopMode::kKill) {
    host::drop_all(peers_, dead_, services_);
    connection_count_ = 0;
    leaving_.clear();
  } else {
    is_drained_told_ = false;
    leaving_ = host::all_connected(peers_);
    send_off();
  }
  end_tick_if_idle();
  drained_if_empty();
}

void Instance::send_off() {
  const auto close = [](Connection& connection) {
    connection.close(
        host::GuestError{host::GuestCode::kInterrupted, "", "the actor stops", std::nullopt});
    connection.flush();
  };
  const auto round = host::act_on_some(leaving_, host::finder_of(peers_), close);
  if (round == host::Round::kUnfinished) deferred_.request(&Instance::send_off);
}

void Instance::release_memory() { queue_.release_memory(); }

void Instance::drained_if_empty() {
  if (!is_stopping_ || is_drained_told_ || connection_count_ > 0 || !dead_.empty()) return;
  if (tick_) services_.executor.cancel(*tick_);
  tick_.reset();
  is_drained_told_ = true;
  actor_.drained();
}

}  // namespace theater::hosts::tcp
