// websocket_server::Instance: connections in, events out, time, the end.
#include "hosts/websocket_server/instance.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "host/closing.h"
#include "host/rounds.h"

namespace theater::hosts::websocket_server {

Instance::Instance(InstanceSetup setup, const host::Context& context)
    : BoundInstance(setup.binding),
      setup_(std::move(setup)),
      limits_(setup_.grant.limits),
      services_(context.services),
      actor_(context.actor),
      queue_({"websocket-server events",
              host::QueuePolicy::kPause,
              {limits_.queue_items, limits_.queue_bytes, kPromises * limits_.connections_max}},
             *this, context.actor, context.services.clock),
      flow_(peers_, queue_, services_.executor,
            {limits_.credit_messages, limits_.credit_bytes, source(About::kCongestion, 0),
             kNewsPromises, &event_bytes<Payload::kCongested>, &event_bytes<Payload::kDrained>}),
      pages_(context.services, [this] { drained_if_empty(); }),
      self_(std::make_shared<listener::Admitter*>(static_cast<listener::Admitter*>(this))) {}

Instance::~Instance() {
  CHECK(connection_count_ == 0 && pages_.is_empty() && !claim_, "END-1");
  if (tick_) services_.executor.cancel(*tick_);
}

// Visitors.

void Instance::admit(listener::Visitor visitor) {
  if (is_stopping_) return;  // closed without a word, as if it had come later
  if (visitor.request.asks_for_websocket()) return open(std::move(visitor));
  pages_.serve(std::move(visitor), setup_.grant.static_folder, actor_);
}

void Instance::open(listener::Visitor visitor) {
  auto upgrade = check_upgrade(visitor.request, setup_.grant);
  if (!upgrade) return pages_.refuse(std::move(visitor), upgrade.error());
  if (connection_count_ >= limits_.connections_max || !queue_.reserve(kPromises)) {
    return pages_.refuse(std::move(visitor), {503, "too many connections"});
  }
  arm_tick();
  const std::uint64_t id = kHostIdBit | ++last_id_;
  Peer& peer = peers_.add(id);
  peer.promises.hold(kPromises);
  peer.connection = std::make_unique<Connection>(Connection::Setup{id, setup_.grant, *this},
                                                 std::move(visitor), std::move(*upgrade));
  ++connection_count_;
  if (peer.connection->start(services_.network)) return;
  queue_.unreserve(kPromises);  // out of memory for watching it: closed
  peers_.erase(id);
  --connection_count_;
}

// What connections tell.

void Instance::on_opening(Connection& connection, const Opening& opening) {
  const std::uint64_t id = connection.id();
  peers_.find(id)->promises.put(queue_, source(About::kOpening, id),
                                event_bytes<Payload::kOpening>(id, opening));
}

void Instance::on_opened(Connection& connection, const Opening& opening) {
  const std::uint64_t id = connection.id();
  Peer& peer = *peers_.find(id);
  peer.is_answered = true;
  ++traffic_.opened;
  peer.promises.put(queue_, source(About::kOpened, id), event_bytes<Payload::kOpened>(id, opening));
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

void Instance::on_congestion(Connection& connection) {
  Peer* peer = peers_.find(connection.id());
  if (is_stopping_ || !peer) return;
  if (!connection.is_congested()) tell_gap(connection.id(), *peer);
  flow_.on_congestion(connection);
}

/// Tells of dropped messages if the queue has room; otherwise they add up.
void Instance::tell_gap(std::uint64_t id, Peer& peer) {
  if (peer.gap == 0 || is_stopping_) return;
  const Bytes event = event_bytes<Payload::kGap>(id, peer.gap);
  if (queue_.is_paused() || !queue_.accepts(event.size())) return;
  queue_.put(source(About::kGap, id), event);
  peer.gap = 0;
}

void Instance::on_closed(Connection& connection, const Closing& closing) {
  const std::uint64_t id = connection.id();
  Peer& peer = *peers_.find(id);
  peer.is_closed = true;
  if (closing.error && closing.error->code == host::GuestCode::kFull)
    tell_slow_close(id, *closing.error);
  for (const std::string& topic : peer.topics) topics_.remove(topic, id);
  peer.topics.clear();
  if (is_stopping_) return;
  peer.promises.put(queue_, source(About::kClosed, id), event_bytes<Payload::kClosed>(id, closing));
  peer.promises.give_back(queue_);
}

void Instance::tell_slow_close(std::uint64_t id, const host::GuestError& why) {
  ++traffic_.slow_closes;
  services_.log.write({.level = host::LogLevel::kWarn,
                       .actor = actor_.identity().name,
                       .text = why.message,
                       .note = "closed with 1013",
                       .family = "websocket-server",
                       .id = id});
}

void Instance::on_gone(Connection& connection) {
  Peer& peer = *peers_.find(connection.id());
  dead_.push_back(std::move(peer.connection));
  deferred_.request(&Instance::bury);
  --connection_count_;
  peer.departed = tick_time_;
  departed_.push_back(connection.id());
}

// What the queue tells.

void Instance::on_taken(std::uint64_t from, std::size_t bytes) {
  const auto [about, id] = host::Source<About>::of(from);
  Peer* peer = peers_.find(id);
  if (!peer) return;
  switch (about) {
    case About::kMessage:
      return flow_.taken(*peer, bytes);
    case About::kOpening:
      peer->is_known = true;
      return;
    case About::kOpened:
      peer->is_known = true;
      peer->greeted = ++greeted_;
      return;
    case About::kCongestion:
      peer->is_congestion_queued = false;
      return;
    case About::kGap:
      return;
    case About::kClosed:
      peer->is_known = false;
      if (!interrupted_.empty()) deferred_.request(&Instance::report_interrupted);
      return;
  }
}

/// So that everything a batch publishes comes after its `opened` events: see perform_publish.
bool Instance::opens_batch(std::uint64_t from) const {
  return host::Source<About>::of(from).about == About::kOpened;
}

// Work that waits for the end of the batch.

void Instance::bury() {
  if (host::bury_some(dead_) == host::Round::kUnfinished) {
    return deferred_.request(&Instance::bury);
  }
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
    tell_gap(id, peer);
    flow_.look(id, peer);
    peer.connection->sweep(tick_time_);
  }
  forget_departed();
  if (connection_count_ > 0 || !departed_.empty()) arm_tick();
}

void Instance::forget_departed() {
  std::size_t excess = departed_.size() > kDepartedMax ? departed_.size() - kDepartedMax : 0;
  std::erase_if(departed_, [&](std::uint64_t id) {
    const Peer* peer = peers_.find(id);
    const bool is_told = peer && !peer->is_known;
    const bool is_old = peer && tick_time_ - peer->departed >= kDepartedTime;
    if (peer && !(is_told && (is_old || excess > 0))) return false;
    if (excess > 0) --excess;
    peers_.erase(id);
    return true;
  });
}

// Restart.

Bytes Instance::save() const {
  Bytes out;
  wasm::BinaryWriter writer(out);
  writer.unsigned_number(last_id_);
  const auto is_known = [](const auto& entry) { return entry.second.is_known; };
  writer.unsigned_number(static_cast<std::uint64_t>(std::ranges::count_if(peers_.all(), is_known)));
  for (const auto& [id, peer] : peers_.all()) {
    if (!peer.is_known) continue;
    writer.unsigned_number(id);
    writer.bytes(peer.attachment);
  }
  return out;
}

Status Instance::load(ByteSpan saved) {
  wasm::BinaryReader reader(saved);
  last_id_ = reader.unsigned_number(kHostIdBit - 1);
  for (std::uint64_t left = reader.count(); left > 0 && reader.ok(); --left) {
    Peer& peer = peers_.add(reader.unsigned_number(2 * kHostIdBit - 1));
    peer.is_known = true;
    peer.attachment = to_bytes(reader.bytes());
  }
  return reader.finish();
}

Status Instance::fold_event(ByteSpan bytes) {
  TRY(const auto event, wasm::from_binary<host::Event<Payload>>(bytes));
  last_id_ = std::max(last_id_, event.id & (kHostIdBit - 1));
  switch (event.payload.value.index()) {
    case Payload::kOpening:
    case Payload::kOpened:
      peers_.add(event.id).is_known = true;
      break;
    case Payload::kClosed:
      peers_.erase(event.id);
      break;
    default:
      break;
  }
  return {};
}

Status Instance::recover() {
  for (auto& [id, peer] : peers_.all()) {
    peer.is_closed = true;
    interrupted_.push_back(id);
  }
  report_interrupted();
  listener::Route route{actor_.identity().name, listener::RouteKind::kWebSocket,
                        setup_.grant.path,      setup_.grant.static_folder.has_value(),
                        &services_.executor,    self_};
  if (setup_.grant.static_folder) TRY_OK(io::Folder::open(*setup_.grant.static_folder));
  TRY(claim_,
      setup_.addresses.claim(setup_.grant.listen, setup_.grant.tls, std::move(route), services_));
  return {};
}

/// The connections that a crash or stop cut off: closed, as far as promises go.
void Instance::report_interrupted() {
  const host::GuestError error{host::GuestCode::kInterrupted, "",
                               "the node stopped while the connection was open", std::nullopt};
  while (!interrupted_.empty() && !is_stopping_ && queue_.reserve(1)) {
    const std::uint64_t id = interrupted_.back();
    interrupted_.pop_back();
    arm_tick();
    departed_.push_back(id);
    peers_.find(id)->departed = tick_time_;
    queue_.put_reserved(source(About::kClosed, id),
                        event_bytes<Payload::kClosed>(id, Closing{kCloseBroken, "", error}));
  }
}

// The end.

void Instance::expect_stop(actor::EndReason reason) {
  if (!end_reason_) end_reason_ = reason;
  claim_.reset();
}

/// Why this is the end; behind what was published before.
void Instance::tell_why(Connection& connection) {
  catch_up(connection.id());
  switch (end_reason_.value_or(actor::EndReason::kStop)) {
    case actor::EndReason::kStop:
      return connection.eject(kCloseGoingAway, host::GuestCode::kInterrupted, "the actor stops");
    case actor::EndReason::kRestart:
      return connection.eject(kCloseRestart, host::GuestCode::kInterrupted, "the node restarts");
    case actor::EndReason::kFault:
      return connection.eject(kCloseInternal, host::GuestCode::kInternal, "the actor failed");
  }
}

/// Closes some of those who are not closing yet: what their sockets take now is written now.
void Instance::send_off() {
  const auto close = [this](Connection& connection) {
    tell_why(connection);
    connection.flush();
  };
  const auto round = host::act_on_some(leaving_, host::finder_of(peers_), close);
  if (round == host::Round::kUnfinished) deferred_.request(&Instance::send_off);
}

/// At a kill: they are told why, as far as their sockets take it, and closed by a worker, soon.
void Instance::part_from_all() {
  std::vector<Remains> all;
  for (auto& [id, peer] : peers_.all()) {
    if (!peer.connection) continue;
    tell_why(*peer.connection);
    all.push_back(peer.connection->leave());
    peer.connection.reset();
  }
  if (all.empty()) return;
  auto close = [all = std::move(all)]() mutable {
    for (Remains& it : all) static_cast<void>(it.outbox.write_to(*it.stream));
    all.clear();
  };
  services_.workers.run(std::move(close), services_.executor, [] {});
}

void Instance::stop(actor::StopMode mode) {
  claim_.reset();
  is_stopping_ = true;
  queue_.clear();
  interrupted_.clear();
  pages_.clear();
  if (mode == actor::StopMode::kKill) {
    if (end_reason_) part_from_all();
    publications_.clear();
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

void Instance::release_memory() {
  queue_.release_memory();
  audiences_.release_memory();
  publications_.release_memory();
  Bytes().swap(event_);
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
  census.descriptors = connection_count_ + pages_.size() + (claim_ ? 1 : 0);
  census.timers = tick_ ? 1 : 0;
  census.bytes = queue_.bytes();
  for (const auto& [id, peer] : peers_.all()) {
    if (peer.connection) census.bytes += peer.connection->held_bytes();
  }
  return census;
}

}  // namespace theater::hosts::websocket_server
