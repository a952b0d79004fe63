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
      flow_(peers_, queue_, services_,
            {limits_.credit_messages, limits_.credit_bytes, source(About::kCongestion, 0),
             kNewsPromises, &event_bytes<Payload::kCongested>, &event_bytes<Payload::kDrained>}),
      crowd_({peers_, flow_, queue_, services_, actor_, *this}) {}

// What connections tell.

void Instance::on_opened(Connection& connection, const Opening& opening) {
  if (crowd_.is_stopping()) return;
  const std::uint64_t id = connection.id();
  ++traffic_.opened;
  peers_.find(id)->promises.put(queue_, source(About::kOpened, id),
                                event_bytes<Payload::kOpened>(id, opening));
}

void Instance::on_message(Connection& connection, const Message& message) {
  if (crowd_.is_stopping()) return;
  traffic_.received(message.bytes().size());
  deliver_message(flow_, connection, {source(About::kMessage, connection.id()), message, event_});
}

/// Room for: retrying, opened again, closed.
bool Instance::may_retry(Connection& connection) {
  Peer& peer = *peers_.find(connection.id());
  if (crowd_.is_stopping()) return false;
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
  if (crowd_.is_stopping()) return;
  peer.promises.put(queue_, source(About::kClosed, id), event_bytes<Payload::kClosed>(id, closing));
  peer.promises.give_back(queue_);
}

void Instance::on_gone(Connection& connection) {
  crowd_.bury(std::move(peers_.find(connection.id())->connection));
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
      return crowd_.on_closed_taken();
  }
}

void Instance::on_buried() {
  std::erase_if(peers_.all(),
                [](const auto& entry) { return entry.second.is_told && !entry.second.connection; });
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
  crowd_.report_interrupted(std::move(interrupted_));
  return {};
}

void Instance::tell_interrupted(std::uint64_t id, Peer& peer, const host::GuestError& why) {
  peer.promises.put(queue_, source(About::kClosed, id),
                    event_bytes<Payload::kClosed>(id, Closing{kCloseBroken, "", why}));
}

// The end.

void Instance::send_off(Connection& connection) {
  connection.eject(kCloseGoingAway, host::GuestCode::kInterrupted, "the actor stops");
}

}  // namespace theater::hosts::websocket_client
