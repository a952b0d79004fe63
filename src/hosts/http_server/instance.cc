// http_server::Instance: connections in, events out, time, the end.
#include "hosts/http_server/instance.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "hosts/http/date.h"
#include "hosts/listener/client.h"
#include "wasm/binary_writer.h"

namespace theater::hosts::http_server {

namespace {

constexpr unsigned kSourceShift = 56;  // ids are below 2^53
constexpr std::uint64_t kIdMask = (std::uint64_t{1} << kSourceShift) - 1;
/// Events promised to a request: its end, congestion; with parts that it is complete.
constexpr std::uint32_t kPromises = 3;

}  // namespace

Instance::Instance(InstanceSetup setup, const host::Context& context)
    : BoundInstance(setup.binding),
      setup_(std::move(setup)),
      limits_(setup_.grant.limits),
      services_(context.services),
      actor_(context.actor),
      queue_({"http-server events",
              host::QueuePolicy::kRefuse,
              {limits_.queue_items, limits_.queue_bytes, kPromises * limits_.connections_max}},
             *this, context.actor, context.services.clock),
      pages_(context.services, [this] { drained_if_empty(); }),
      topics_(limits_),
      self_(std::make_shared<listener::Admitter*>(static_cast<listener::Admitter*>(this))) {}

Instance::~Instance() {
  CHECK(connections_.empty() && pages_.is_empty() && !claim_, "END-1");
  if (tick_) services_.executor.cancel(*tick_);
}

// Visitors.

void Instance::admit(listener::Visitor visitor) {
  if (is_stopping_) return;  // closed without a word, as if it had come later
  if (is_leaving_) {
    ++untold_refusals_;
    ++traffic_.refused;
    return pages_.refuse(std::move(visitor), {503, "the actor stops", kRetrySeconds});
  }
  if (!owns(visitor.request)) {
    return pages_.serve(std::move(visitor), setup_.grant.static_folder, actor_);
  }
  if (connections_.size() >= limits_.connections_max) {
    ++untold_refusals_;
    ++traffic_.refused;
    return pages_.refuse(std::move(visitor), {503, "too many connections", kRetrySeconds});
  }
  arm_tick();
  const std::uint64_t number = ++last_connection_;
  auto made = std::make_unique<Connection>(Connection::Setup{number, setup_.grant, *this},
                                           std::move(visitor.stream));
  Connection& connection = *made;
  ++counts_[static_cast<std::size_t>(State::kIdle)];
  connections_.emplace(number, std::move(made));
  if (connection.start(services_.network, std::move(visitor.request), visitor.early)) return;
  --counts_[static_cast<std::size_t>(State::kIdle)];  // out of memory for watching it: closed
  connections_.erase(number);
}

void Instance::forward(listener::Visitor visitor) { claim_->forward(std::move(visitor)); }

std::unexpected<http::Refusal> Instance::turn_away(std::uint16_t status, std::string message) {
  ++traffic_.refused;
  ++untold_refusals_;
  return std::unexpected(http::Refusal{status, std::move(message), kRetrySeconds});
}

std::expected<std::uint64_t, http::Refusal> Instance::admit(Connection& connection) {
  if (is_stopping_ || is_leaving_) {
    connection.serve_no_more();
    return turn_away(503, "the actor stops");
  }
  const auto in_flight = count(State::kReading) + count(State::kQueued) + count(State::kHandling);
  if (in_flight >= limits_.inflight_max) return turn_away(503, "too many requests are in flight");
  std::string client = listener::client_of(connection.peer());
  const auto reading = reading_.find(client);
  const auto share = std::max<std::uint64_t>(limits_.inflight_max / kReadingShare, 1);
  const bool reads_much = reading != reading_.end() && reading->second >= share;
  if (reads_much && connection.awaits_body()) {
    return turn_away(429, "too many bodies of one client are being read");
  }
  std::uint64_t& of_client = clients_[client];
  if (of_client >= limits_.client_max) return turn_away(429, "too many requests of one client");
  if (!queue_.reserve(kPromises)) {
    if (of_client == 0) clients_.erase(client);
    return turn_away(503, "too many requests wait");
  }
  ++of_client;
  const std::uint64_t id = kHostIdBit | ++last_id_;
  Exchange& exchange = exchanges_.add(id);
  exchange.connection = connections_.at(connection.number()).get();
  exchange.client = std::move(client);
  exchange.promises = kPromises;
  exchange.since = services_.clock.wall();
  ++traffic_.requests;
  return id;
}

bool Instance::deliver(Connection& connection, const http::Request& request, ByteSpan body) {
  event_.clear();
  wasm::BinaryWriter writer(event_);
  writer.unsigned_number(connection.request());
  writer.unsigned_number(Payload::kRequest);
  writer.string(connection.peer());
  writer.string(request.method);
  writer.string(request.target);
  writer.unsigned_number(request.headers.size());
  for (const auto& [name, value] : request.headers) {
    writer.string(name);
    writer.bytes(value);
  }
  writer.bytes(body);
  traffic_.request_bytes += body.size();
  const auto put = queue_.put(source(About::kRequest, connection.request()), event_);
  if (event_.capacity() > setup_.scratch.size()) Bytes().swap(event_);
  if (put != host::Put::kQueued) {
    ++traffic_.refused;
    return false;
  }
  Exchange& exchange = *exchanges_.find(connection.request());
  exchange.is_queued = true;
  exchange.text = fmt::format("{} {}", request.method, request.target.substr(0, kTargetToldMax));
  return true;
}

// What connections tell.

std::uint64_t Instance::source(About about, std::uint64_t id) {
  return static_cast<std::uint64_t>(about) << kSourceShift | id;
}

void Instance::put_promised(Exchange& exchange, About about, std::uint64_t id, const Bytes& event) {
  CHECK(exchange.promises > 0, "BOUND-1");
  --exchange.promises;
  queue_.put_reserved(source(about, id), event);
}

bool Instance::has_room_for_part() const {
  return !queue_.is_paused() && queue_.accepts(kScratchBytes + kEventRoom);
}

bool Instance::may_deliver(const Connection& connection) {
  if (has_room_for_part()) return true;
  if (!connection.is_held()) held_.push_back(connection.number());
  return false;
}

void Instance::on_part(Connection& connection, ByteSpan part) {
  if (is_stopping_) return;
  event_ = event_bytes<Payload::kPart>(connection.request(), part);
  traffic_.request_bytes += part.size();
  const auto put = queue_.put(source(About::kPart, connection.request()), event_);
  CHECK(put == host::Put::kQueued, "BOUND-1");  // may_deliver was asked
}

void Instance::on_complete(Connection& connection) {
  const std::uint64_t id = connection.request();
  if (is_stopping_) return;
  put_promised(*exchanges_.find(id), About::kComplete, id, event_bytes<Payload::kComplete>(id));
}

void Instance::on_congestion(Connection& connection) {
  Exchange* exchange = exchanges_.find(connection.request());
  if (is_stopping_ || !exchange || exchange->is_congestion_queued) return;
  queue_congestion(connection.request(), *exchange);
}

/// The guest was refused a write, and may try again: all that it wrote since is queued.
void Instance::on_room(Connection& connection) {
  const std::uint64_t id = connection.request();
  Exchange* exchange = exchanges_.find(id);
  if (is_stopping_ || !exchange || exchange->promised_bytes > 0) return;
  connection.is_awaited = false;
  if (!exchange->is_congestion_queued) queue_congestion(id, *exchange);
}

/// Once room is promised for it besides the last event, and the body's end if that is to come; else
/// with a later tick.
void Instance::queue_congestion(std::uint64_t id, Exchange& exchange) {
  const std::uint32_t needed = exchange.connection->takes_body() ? 3 : 2;
  while (exchange.promises < needed && queue_.reserve(1)) ++exchange.promises;
  if (exchange.promises < needed) return;
  exchange.is_congestion_queued = true;
  exchange.told_congested = exchange.connection->is_congested();
  put_promised(exchange, About::kCongestion, id,
               exchange.told_congested ? event_bytes<Payload::kCongested>(id)
                                       : event_bytes<Payload::kDrained>(id));
}

void Instance::on_over(Connection& connection, std::optional<Ending> ending) {
  const std::uint64_t id = connection.request();
  Exchange* exchange = exchanges_.find(id);
  if (ending == Ending::kSlow) ++traffic_.slow_closes;
  if (!exchange) {  // the guest has answered it, and hears no more
    if (ending == Ending::kSlow) ++untold_cut_offs_;
    return;
  }
  if (ending == Ending::kGone) ++traffic_.clients_gone;
  if (ending == Ending::kLate && exchange->view == View::kNew) ++traffic_.late;
  if (!exchange->topic.empty()) topics_.leave(exchange->topic, id);
  exchange->topic.clear();
  exchange->connection = nullptr;
  exchange->ending = ending;
  tell_if_over(id, *exchange);
}

/// A request that the guest still has in hand gets its last event; one it never saw is forgotten.
void Instance::tell_if_over(std::uint64_t id, Exchange& exchange) {
  if (exchange.connection || exchange.is_told) return;
  if (exchange.view == View::kNew && !exchange.is_queued) return forget(id);
  if (exchange.view == View::kNew || exchange.view == View::kDone || is_stopping_) return;
  std::optional<host::GuestError> error;
  if (exchange.ending) error = error_of(*exchange.ending);
  exchange.is_told = true;
  put_promised(exchange, About::kEnded, id, event_bytes<Payload::kEnded>(id, error));
}

void Instance::forget(std::uint64_t id) {
  Exchange* exchange = exchanges_.find(id);
  if (!exchange) return;
  queue_.unreserve(exchange->promises);
  const auto client = clients_.find(exchange->client);
  if (client != clients_.end() && --client->second == 0) clients_.erase(client);
  exchanges_.erase(id);
}

void Instance::on_moved(Connection& connection, State from, State to) {
  if (to == State::kReading) ++reading_[listener::client_of(connection.peer())];
  if (from == State::kReading) {
    const auto client = reading_.find(listener::client_of(connection.peer()));
    if (client != reading_.end() && --client->second == 0) reading_.erase(client);
  }
  --counts_[static_cast<std::size_t>(from)];
  ++counts_[static_cast<std::size_t>(to)];
}

void Instance::on_gone(Connection& connection) {
  const auto found = connections_.find(connection.number());
  --counts_[static_cast<std::size_t>(State::kClosed)];
  dead_.push_back(std::move(found->second));
  connections_.erase(found);
  deferred_.request(&Instance::bury);
}

// What the queue tells.

void Instance::on_taken(std::uint64_t from, std::size_t) {
  const std::uint64_t id = from & kIdMask;
  Exchange* exchange = exchanges_.find(id);
  if (!exchange) return;
  switch (static_cast<About>(from >> kSourceShift)) {
    case About::kRequest:
      exchange->is_delivered = true;
      if (Connection* connection = current(id, *exchange)) connection->taken();
      return;
    case About::kCongestion:
      exchange->is_congestion_queued = false;
      return;
    case About::kEnded:
      forget(id);
      if (!interrupted_.empty()) deferred_.request(&Instance::report_interrupted);
      return;
    default:
      return;
  }
}

void Instance::on_resumed() { deferred_.request(&Instance::resume_held); }

Connection* Instance::current(std::uint64_t id, const Exchange& exchange) const {
  const bool is_there = exchange.connection && exchange.connection->request() == id;
  return is_there ? exchange.connection : nullptr;
}

// Time.

void Instance::start_tick() {
  tick_time_ = services_.clock.now();
  date_line_ = http::date_line(services_.clock.wall());
}

void Instance::arm_tick() {
  if (tick_) return;
  start_tick();
  tick_ = services_.executor.after(kTick, [this] { tick(); });
}

void Instance::tick() {
  tick_.reset();
  start_tick();
  std::vector<std::uint64_t> all;
  for (const auto& [number, connection] : connections_) all.push_back(number);
  patrol_.begin(std::move(all));
}

void Instance::sweep(std::uint64_t number) {
  if (Connection* connection = find_connection(number)) connection->sweep(tick_time_);
}

void Instance::end_tick() {
  for (auto& [id, exchange] : exchanges_.all()) {
    Connection* connection = current(id, exchange);
    if (!connection || connection->state() != State::kStreaming) continue;
    if (connection->is_awaited) {
      mark_dirty(*connection);
    } else if (host::has_news(exchange)) {
      queue_congestion(id, exchange);
    }
  }
  make_room();
  if (!is_stopping_) tell_losses();
  if (!connections_.empty() || untold_refusals_ + untold_cut_offs_ > 0) arm_tick();
}

void Instance::cancel_tick() {
  if (tick_) services_.executor.cancel(*tick_);
  tick_.reset();
  patrol_.cancel();
}

/// What was turned away, and what was cut off without an event, stands in the chain, once a second.
void Instance::tell_losses() {
  const auto tell = [this](std::string_view queue, std::uint64_t& items) {
    if (items == 0) return;
    actor_.record_overflow({queue, chain::OverflowPolicy::kRefuse, std::exchange(items, 0), 0});
  };
  tell("http-server requests", untold_refusals_);
  tell("http-server responses", untold_cut_offs_);
}

// The end.

/// The guest is told of it now: what it has in hand it may answer, each as its connection's last.
void Instance::expect_stop(actor::EndReason) {
  is_leaving_ = true;
  for (const auto& [number, connection] : connections_) connection->serve_no_more();
}

void Instance::stop(actor::StopMode mode) {
  claim_.reset();
  is_stopping_ = true;
  interrupted_.clear();
  pages_.clear();
  if (mode == actor::StopMode::kKill) {
    queue_.clear();
    chores_.clear();
    drop_connections();
  } else {
    is_drained_told_ = false;
    Chore chore{.what = Chore::What::kEject};
    for (const auto& [number, connection] : connections_) chore.ids.push_back(number);
    std::ranges::sort(chore.ids);
    add_chore(std::move(chore));
  }
  if (connections_.empty()) cancel_tick();
  drained_if_empty();
}

void Instance::drained_if_empty() {
  if (!is_stopping_ || is_drained_told_ || !connections_.empty() || !dead_.empty()) return;
  cancel_tick();
  queue_.clear();
  tell_losses();
  is_drained_told_ = true;
  actor_.drained();
}

actor::Census Instance::census() const {
  actor::Census census;
  census.connections = connections_.size();
  census.descriptors = connections_.size() + pages_.size() + (claim_ ? 1 : 0);
  census.timers = tick_ ? 1 : 0;
  census.bytes = queue_.bytes();
  for (const auto& [number, connection] : connections_) census.bytes += connection->held_bytes();
  return census;
}

}  // namespace theater::hosts::http_server
