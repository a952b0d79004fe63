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
      flow_(peers_, queue_, services_,
            {limits_.credit_messages, limits_.credit_bytes, source(About::kCongestion, 0),
             kNewsPromises, &event_bytes<Payload::kCongested>, &event_bytes<Payload::kDrained>,
             outgoing_, limits_.out_total}),
      crowd_({peers_, flow_, queue_, services_, actor_, *this}),
      pages_(context.services, [this] { crowd_.drained_if_empty(); }),
      self_(std::make_shared<listener::Admitter*>(static_cast<listener::Admitter*>(this))) {}

Instance::~Instance() { CHECK(pages_.is_empty() && !claim_, "END-1"); }

// Visitors.

void Instance::admit(listener::Visitor visitor) {
  if (crowd_.is_stopping()) return;  // closed without a word, as if it had come later
  if (visitor.request.asks_for_websocket()) return open(std::move(visitor));
  pages_.serve(std::move(visitor), setup_.grant.static_folder, actor_);
}

void Instance::open(listener::Visitor visitor) {
  auto upgrade = check_upgrade(visitor.request, setup_.grant);
  if (!upgrade) return pages_.refuse(std::move(visitor), upgrade.error());
  // By openings, whose room was promised by number; a head comes again with `opened`.
  if (queue_.bytes() + openings_bytes_ >= limits_.queue_bytes) {
    return pages_.refuse(std::move(visitor), {503, "too many events wait for the actor"});
  }
  if (crowd_.count() >= limits_.connections_max || !queue_.reserve(kPromises)) {
    return pages_.refuse(std::move(visitor), {503, "too many connections"});
  }
  crowd_.arm_tick();
  const std::uint64_t id = kHostIdBit | ++last_id_;
  Peer& peer = peers_.add(id);
  peer.promises.hold(kPromises);
  peer.connection = std::make_unique<Connection>(Connection::Setup{id, setup_.grant, *this},
                                                 std::move(visitor), std::move(*upgrade));
  crowd_.add();
  if (peer.connection->start(services_.network)) return;
  queue_.unreserve(kPromises);  // out of memory for watching it: closed
  peers_.erase(id);
  crowd_.take_back();
}

// What connections tell.

void Instance::on_opening(Connection& connection, const Opening& opening) {
  const std::uint64_t id = connection.id();
  Peer& peer = *peers_.find(id);
  const Bytes event = event_bytes<Payload::kOpening>(id, opening);
  openings_bytes_ += peer.opening_bytes = event.size();
  peer.promises.put(queue_, source(About::kOpening, id), event);
}

/// It is opened or ends.
void Instance::end_opening(Peer& peer) { openings_bytes_ -= std::exchange(peer.opening_bytes, 0); }

void Instance::on_opened(Connection& connection, const Opening& opening) {
  const std::uint64_t id = connection.id();
  Peer& peer = *peers_.find(id);
  end_opening(peer);
  peer.is_answered = true;
  ++traffic_.opened;
  peer.promises.put(queue_, source(About::kOpened, id), event_bytes<Payload::kOpened>(id, opening));
}

void Instance::on_message(Connection& connection, const Message& message) {
  if (crowd_.is_stopping()) return;
  traffic_.received(message.bytes().size());
  deliver_message(flow_, connection, {source(About::kMessage, connection.id()), message, event_});
}

void Instance::on_congestion(Connection& connection) {
  Peer* peer = peers_.find(connection.id());
  if (crowd_.is_stopping() || !peer) return;
  if (!connection.is_congested()) tell_gap(connection.id(), *peer);
  flow_.on_congestion(connection);
}

/// Tells of dropped messages if the queue has room; otherwise they add up.
void Instance::tell_gap(std::uint64_t id, Peer& peer) {
  if (peer.gap == 0 || crowd_.is_stopping()) return;
  const Bytes event = event_bytes<Payload::kGap>(id, peer.gap);
  if (queue_.is_paused() || !queue_.accepts(event.size())) return;
  queue_.put(source(About::kGap, id), event);
  peer.gap = 0;
}

void Instance::on_closed(Connection& connection, const Closing& closing) {
  const std::uint64_t id = connection.id();
  Peer& peer = *peers_.find(id);
  end_opening(peer);
  tell_gap(id, peer);
  peer.gap = 0;  // nothing comes behind `closed`
  peer.is_closed = true;
  if (closing.error && closing.error->code == host::GuestCode::kFull) tell_slow_close(id, closing);
  for (const std::string& topic : peer.topics) topics_.remove(topic, id);
  peer.topics.clear();
  if (crowd_.is_stopping()) return;
  peer.promises.put(queue_, source(About::kClosed, id), event_bytes<Payload::kClosed>(id, closing));
  peer.promises.give_back(queue_);
}

/// Too much has come of messages that do not end: who has been longest at one pays for all.
void Instance::shed_unfinished() {
  if (*unfinished_ <= limits_.unfinished_max) return;
  std::vector<sockets::Holder<Connection>> holders;
  for (auto& [id, peer] : peers_.all()) {
    Connection* const it = peer.connection.get();
    if (!it || it->unfinished_bytes() == 0) continue;
    holders.push_back({it->unfinished_since(), it->unfinished_bytes(), it});
  }
  const auto cut = [](Connection& it) {
    it.cut_off("unfinished_max was exceeded: a message took long");
  };
  const auto round = sockets::shed(std::move(holders), unfinished_, limits_.unfinished_max, cut);
  if (round == host::Round::kUnfinished) deferred_.request(&Instance::shed_unfinished);
}

void Instance::tell_slow_close(std::uint64_t id, const Closing& closing) {
  ++traffic_.slow_closes;
  const std::string note = fmt::format("closed with {}", closing.code);
  services_.log.write({.level = host::LogLevel::kWarn,
                       .actor = actor_.identity().name,
                       .text = closing.error->message,
                       .note = note,
                       .family = "websocket-server",
                       .id = id});
}

void Instance::on_gone(Connection& connection) {
  Peer& peer = *peers_.find(connection.id());
  crowd_.bury(std::move(peer.connection));
  peer.departed = crowd_.tick_time();
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
      return crowd_.on_closed_taken();
  }
}

/// So that everything a batch publishes comes after its `opened` events: see perform_publish.
bool Instance::opens_batch(std::uint64_t from) const {
  return host::Source<About>::of(from).about == About::kOpened;
}

// Time.

bool Instance::on_tick() {
  forget_departed();
  return !departed_.empty();
}

void Instance::forget_departed() {
  std::size_t excess = departed_.size() > kDepartedMax ? departed_.size() - kDepartedMax : 0;
  std::erase_if(departed_, [&](std::uint64_t id) {
    const Peer* peer = peers_.find(id);
    const bool is_told = peer && !peer->is_known;
    const bool is_old = peer && crowd_.tick_time() - peer->departed >= kDepartedTime;
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
  std::vector<std::uint64_t> interrupted;
  for (auto& [id, peer] : peers_.all()) {
    peer.is_closed = true;
    interrupted.push_back(id);
  }
  crowd_.report_interrupted(std::move(interrupted));
  listener::Route route{actor_.identity().name, listener::RouteKind::kWebSocket,
                        setup_.grant.path,      setup_.grant.static_folder.has_value(),
                        &services_.executor,    self_};
  if (setup_.grant.static_folder) TRY_OK(io::Folder::open(*setup_.grant.static_folder));
  TRY(claim_,
      setup_.addresses.claim(setup_.grant.listen, setup_.grant.tls, std::move(route), services_));
  return {};
}

void Instance::tell_interrupted(std::uint64_t id, Peer& peer, const host::GuestError& why) {
  crowd_.arm_tick();
  departed_.push_back(id);
  peer.departed = crowd_.tick_time();
  peer.promises.put(queue_, source(About::kClosed, id),
                    event_bytes<Payload::kClosed>(id, Closing{kCloseBroken, "", why}));
}

// The end.

void Instance::expect_stop(actor::EndReason reason) {
  if (!end_reason_) end_reason_ = reason;
  claim_.reset();
}

Instance::Farewell Instance::farewell() const {
  switch (end_reason_.value_or(actor::EndReason::kStop)) {
    case actor::EndReason::kStop:
      break;
    case actor::EndReason::kRestart:
      return {kCloseRestart, host::GuestCode::kInterrupted, "the node restarts"};
    case actor::EndReason::kFault:
      return {kCloseInternal, host::GuestCode::kInternal, "the actor failed"};
  }
  return {kCloseGoingAway, host::GuestCode::kInterrupted, "the actor stops"};
}

/// Why this is the end; behind what was published before.
void Instance::send_off(Connection& connection) {
  catch_up(connection.id());
  const Farewell last = farewell();
  connection.eject(last.code, last.why, last.message);
}

/// At a kill: a worker tells them why, as far as their sockets take it, and closes them, soon. For
/// each of many the shard only lets go of it (BLOCK-1).
void Instance::part_from_all() {
  is_parting_ = true;
  std::vector<std::unique_ptr<Connection>> all;
  for (auto& [id, peer] : peers_.all()) {
    if (!peer.connection) continue;
    catch_up(id);
    peer.connection->leave();
    all.push_back(std::move(peer.connection));
  }
  if (all.empty()) return;
  auto close = [all = std::move(all), last = farewell()]() mutable {
    for (auto& connection : all) {
      connection->eject(last.code, last.why, last.message);
      connection->part();
      connection.reset();
    }
  };
  services_.workers.run(std::move(close), services_.executor, [] {});
}

void Instance::stop(actor::StopMode mode) {
  claim_.reset();
  crowd_.refuse();
  pages_.clear();
  if (mode == actor::StopMode::kKill) {
    if (end_reason_) part_from_all();
    publications_.clear();
    openings_bytes_ = 0;
  }
  forget_unheard();
  crowd_.stop(mode);
}

void Instance::release_memory() {
  queue_.release_memory();
  publications_.release_memory();
  Bytes().swap(event_);
}

actor::Census Instance::census() const {
  actor::Census census = crowd_.census();
  census.descriptors += pages_.size() + (claim_ ? 1 : 0);
  census.bytes += publications_.held_bytes() + openings_bytes_;
  return census;
}

}  // namespace theater::hosts::websocket_server
