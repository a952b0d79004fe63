// websocket_client::Instance: what connections tell, time, the end.
#include "hosts/websocket_client/instance.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "host/closing.h"
#include "host/rounds.h"

namespace theater::hosts::websocket_client {

Instance::Instance(InstanceSetup setup, const host::Context& context)
    : BoundInstance(setup.binding),
      setup_(std::move(setup)),
      limits_(setup_.grant.limits),
      services_(context.services),
      actor_(context.actor),
      queue_({"websocket-client events",
              host::QueuePolicy::kPause,
              {limits_.queue_items, limits_.queue_bytes, 2 * kPromises * limits_.connections_max}},
             *this, context.actor, context.services.clock),
      flow_(peers_, queue_, services_.executor,
            {limits_.credit_messages, limits_.credit_bytes, source(About::kCongestion, 0),
             kNewsPromises, &event_bytes<Payload::kCongested>, &event_bytes<Payload::kDrained>}) {}

Instance::~Instance() {
  CHECK(connection_count_ == 0, "END-1");
  if (tick_) services_.executor.cancel(*tick_);
}

// What connections tell.

void Instance::on_opened(Connection& connection, const Opening& opening) {
  if (is_stopping_) return;
  const std::uint64_t id = connection.id();
  ++traffic_.opened;
  peers_.find(id)->promises.put(queue_, source(About::kOpened, id),
                                event_bytes<Payload::kOpened>(id, opening));
}

void Instance::on_message(Connection& connection, const Message& message) {
  if (is_stopping_) return;
  traffic_.received(message.bytes().size());
  write_message_event(event_, connection.id(), message);
  flow_.queued(connection, event_.size());
  const auto put = queue_.put(source(About::kMessage, connection.id()), event_);
  CHECK(put == host::Put::kQueued, "BOUND-1");  // reading stops before the queue is full
  if (event_.capacity() > setup_.scratch.size()) Bytes().swap(event_);
}

/// Room for: retrying, opened again, closed.
bool Instance::may_retry(Connection& connection) {
  Peer& peer = *peers_.find(connection.id());
  if (is_stopping_) return false;
  return peer.promises.fill(queue_, kPromises);
}

void Instance::on_retrying(Connection& connection, std::uint32_t tries) {
  const std::uint64_t id = connection.id();
  Peer& peer = *peers_.find(id);
  ++retries_;
  peer.told_congested = false;  // whatever was to be written is gone
  peer.promises.put(queue_, source(About::kRetrying, id),
                    event_bytes<Payload::kRetrying>(id, tries));
}

void Instance::on_closed(Connection& connection, const Closing& closing) {
  const std::uint64_t id = connection.id();
  Peer& peer = *peers_.find(id);
  peer.is_closed = true;
  if (closing.error && closing.error->code == host::GuestCode::kFull) ++traffic_.slow_closes;
  if (is_stopping_) return;
  peer.promises.put(queue_, source(About::kClosed, id), event_bytes<Payload::kClosed>(id, closing));
  peer.promises.give_back(queue_);
}

void Instance::on_gone(Connection& connection) {
  Peer& peer = *peers_.find(connection.id());
  dead_.push_back(std::move(peer.connection));
  --connection_count_;
  deferred_.request(&Instance::bury);
}

/// Keys that the server cannot foresee; drawn many at a time.
MaskKey Instance::next_mask() {
  if (mask_at_ >= masks_.size()) {
    services_.random.fill(masks_);
    mask_at_ = 0;
  }
  MaskKey key;
  std::copy_n(masks_.begin() + static_cast<std::ptrdiff_t>(mask_at_), key.size(), key.begin());
  mask_at_ += key.size();
  return key;
}

// What the queue tells.

void Instance::on_taken(std::uint64_t from, std::size_t bytes) {
  const auto [about, id] = host::Source<About>::of(from);
  Peer* peer = peers_.find(id);
  if (!peer) return;
  switch (about) {
    case About::kMessage:
      return flow_.taken(*peer, bytes);
    case About::kOpened:
    case About::kRetrying:
      return;
    case About::kCongestion:
      peer->is_congestion_queued = false;
      return;
    case About::kClosed:
      peer->is_told = true;
      if (!peer->connection) peers_.erase(id);  // else it still awaits the server's end
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
  if (connection_count_ > 0) arm_tick();
}

// Restart.

Bytes Instance::save() const {
  Bytes out;
  wasm::BinaryWriter writer(out);
  const auto is_untold = [](const auto& entry) { return !entry.second.is_told; };
  writer.unsigned_number(
      static_cast<std::uint64_t>(std::ranges::count_if(peers_.all(), is_untold)));
  for (const auto& [id, peer] : peers_.all()) {
    if (!peer.is_told) writer.unsigned_number(id);
  }
  return out;
}

Status Instance::load(ByteSpan saved) {
  wasm::BinaryReader reader(saved);
  for (std::uint64_t left = reader.count(); left > 0 && reader.ok(); --left) {
    interrupted_.push_back(reader.unsigned_number(kHostIdBit - 1));
  }
  return reader.finish();
}

void Instance::fold_connect(host::PastEffect& past, std::string_view,
                            const std::vector<std::string>&, const host::Headers&) {
  interrupted_.push_back(past.id);
}

Status Instance::fold_event(ByteSpan bytes) {
  TRY(const auto event, wasm::from_binary<host::Event<Payload>>(bytes));
  if (event.payload.value.index() == Payload::kClosed) std::erase(interrupted_, event.id);
  return {};
}

Status Instance::recover() {
  tls_ = io::TlsContext::client(*setup_.grant.authorities);
  for (const std::uint64_t id : interrupted_) peers_.all()[id].is_closed = true;
  report_interrupted();
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
    peer.promises.put(queue_, source(About::kClosed, id),
                      event_bytes<Payload::kClosed>(id, Closing{kCloseBroken, "", error}));
  }
}

// The end.

void Instance::stop(actor::StopMode mode) {
  is_stopping_ = true;
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
  if (connection_count_ == 0 && tick_) {
    services_.executor.cancel(*tick_);
    tick_.reset();
  }
  drained_if_empty();
}

void Instance::send_off() {
  const auto eject = [](Connection& connection) {
    connection.eject(kCloseGoingAway, host::GuestCode::kInterrupted, "the actor stops");
    connection.flush();
  };
  const auto round = host::act_on_some(leaving_, host::finder_of(peers_), eject);
  if (round == host::Round::kUnfinished) deferred_.request(&Instance::send_off);
}

void Instance::drained_if_empty() {
  if (!is_stopping_ || is_drained_told_ || connection_count_ > 0 || !dead_.empty()) return;
  if (tick_) services_.executor.cancel(*tick_);
  tick_.reset();
  is_drained_told_ = true;
  actor_.drained();
}

actor::Census Instance::census() const {
  actor::Census census;
  census.connections = connection_count_;
  census.descriptors = connection_count_;
  census.timers = tick_ ? 1 : 0;
  census.bytes = queue_.bytes();
  for (const auto& [id, peer] : peers_.all()) {
    if (peer.connection) census.bytes += peer.connection->held_bytes();
  }
  return census;
}

}  // namespace theater::hosts::websocket_client
