// Sockets: connections without a network.
#include "sim/sockets.h"

#include <algorithm>

#include "base/check.h"

namespace theater::sim {
namespace {

constexpr std::uint64_t kPromises = 3;  // opened, congested or drained, closed
constexpr std::uint64_t kConnectionsMax = 16;
constexpr std::uint64_t kUnreadHigh = 6, kUnreadMax = 10;  // messages
constexpr std::uint16_t kBroken = 1006;
constexpr Nanoseconds kHangUp = Milliseconds(3);

using hosts::websocket::event_bytes;

}  // namespace

Result<SocketOptions> parse_socket_options(const actor::Setting& grant) {
  constexpr std::string_view kPolicies[] = {"pause", "refuse"};
  actor::SettingsReader reader(grant, "grants.websocket-server");
  SocketOptions options;
  options.items = static_cast<std::uint64_t>(reader.integer("items", 32, {4, 1024}));
  options.policy = reader.choice("policy", kPolicies, 0) == 0 ? host::QueuePolicy::kPause
                                                              : host::QueuePolicy::kRefuse;
  TRY_OK(reader.finish());
  return options;
}

host::Binding<Sockets> Sockets::bind() {
  constexpr auto kWrite = chain::OutputClass::kWrite;
  constexpr auto kResource = chain::OutputClass::kResource;
  host::Binding<Sockets> binding;
  binding.effect<&Sockets::accept, &Sockets::perform_accept>("accept", kResource)
      .effect<&Sockets::send, &Sockets::perform_send>("send", kWrite)
      .effect<&Sockets::close, &Sockets::perform_close>("close", kResource)
      .effect<&Sockets::subscribe, &Sockets::perform_topic>("subscribe", kResource)
      .effect<&Sockets::unsubscribe, &Sockets::perform_topic>("unsubscribe", kResource)
      .effect<&Sockets::publish, &Sockets::perform_publish>("publish", kWrite)
      .effect<&Sockets::set_attachment, &Sockets::perform_set_attachment>("set-attachment",
                                                                          kResource)
      .read<&Sockets::attachment>("attachment");
  host::describe<Payload>(binding.info(), "websocket-server", actor::HandlerNeed::kRequired);
  return binding;
}

Sockets::Sockets(const Setup& setup, const host::Context& context)
    : BoundInstance(setup.binding),
      options_(setup.options),
      witness_(setup.witness),
      ticker_(setup.ticker),
      services_(context.services),
      actor_(context.actor),
      queue_({"websocket-server events",
              options_.policy,
              {options_.items, 1u << 20, kPromises * kConnectionsMax * 2}},
             *this, context.actor, context.services.clock) {}

Sockets::~Sockets() { CHECK(!hang_up_, "END-1"); }

// The driver's side.

std::optional<std::uint64_t> Sockets::open(const std::string& peer) {
  const auto open_lines =
      std::ranges::count_if(lines_, [](const auto& entry) { return entry.second.is_open; });
  const bool has_room = static_cast<std::uint64_t>(open_lines) < kConnectionsMax;
  if (is_stopping_ || !has_room || !queue_.reserve(kPromises)) return std::nullopt;
  const std::uint64_t id = kHostIdBit | ++last_id_;
  Line& line = lines_[id];
  line.promises = kPromises;
  put_promised(line, id, event_bytes<Payload::kOpened>(id, Opening{"/", {}, peer}));
  line.is_known = true;
  return id;
}

void Sockets::say(std::uint64_t id, std::string_view text) {
  if (is_stopping_ || !is_open(id)) return;
  Bytes event;
  hosts::websocket::write_message_head(event, id, Message{text});
  append(event, as_bytes(text));
  put(id, event);
}

void Sockets::read(std::uint64_t id, std::uint64_t messages) {
  Line* line = find(id);
  if (line == nullptr || is_stopping_ || !line->is_open) return;
  line->unread -= std::min(line->unread, messages);
  if (line->is_congested && line->unread == 0) {
    line->is_congested = false;
    if (queue_.reserve(1)) {
      ++line->promises;
      put_promised(*line, id, event_bytes<Payload::kDrained>(id));
    }
    if (line->gap > 0 && put(id, event_bytes<Payload::kGap>(id, line->gap))) line->gap = 0;
  }
}

void Sockets::leave(std::uint64_t id, const std::string& reason) {
  if (!is_stopping_ && is_open(id)) end(id, Closing{1001, reason, std::nullopt});
}

bool Sockets::is_open(std::uint64_t id) const {
  const auto found = lines_.find(id);
  return found != lines_.end() && found->second.is_open;
}

// Events.

Sockets::Line* Sockets::find(std::uint64_t id) {
  const auto found = lines_.find(id);
  return found == lines_.end() ? nullptr : &found->second;
}

bool Sockets::put(std::uint64_t id, const Bytes& event) {
  if (queue_.put(id, event) == host::Put::kRefused) {
    ++witness_.now().refused;
    return false;
  }
  witness_.now().accepted.push_back(event);
  return true;
}

void Sockets::put_promised(Line& line, std::uint64_t id, const Bytes& event) {
  CHECK(line.promises > 0, "BOUND-1");
  --line.promises;
  queue_.put_reserved(id, event);
  witness_.now().accepted.push_back(event);
}

void Sockets::end(std::uint64_t id, const Closing& closing) {
  Line& line = *find(id);
  line.is_open = false;
  if (is_stopping_) return;
  put_promised(line, id, event_bytes<Payload::kClosed>(id, closing));
  queue_.unreserve(std::exchange(line.promises, 0));
  lines_.erase(id);
}

// Host functions.

host::Outcome Sockets::check_open(std::uint64_t id) {
  ticker_.on_host_call();
  if (is_open(id)) return {};
  return host::refuse(host::GuestCode::kClosed, "connection {} is closed", id);
}

host::Outcome Sockets::accept(std::uint64_t id, std::optional<std::string_view>) {
  return check_open(id);
}

host::Outcome Sockets::send(std::uint64_t id, const Message&) {
  if (auto open = check_open(id); !open) return open;
  Line& line = *find(id);
  if (line.unread + line.sends_waiting + line.sends_unsettled >= kUnreadMax) {
    return host::refuse(host::GuestCode::kFull, "{} messages wait to be read", kUnreadMax);
  }
  ++line.sends_unsettled;
  return {};
}

host::Outcome Sockets::close(std::uint64_t id, std::uint16_t, std::string_view) {
  return check_open(id);
}

host::Outcome Sockets::subscribe(std::uint64_t id, std::string_view) { return check_open(id); }
host::Outcome Sockets::unsubscribe(std::uint64_t id, std::string_view) { return check_open(id); }

host::Outcome Sockets::publish(std::string_view, const Message&) {
  ticker_.on_host_call();
  return {};
}

host::Outcome Sockets::set_attachment(std::uint64_t id, ByteSpan) { return check_open(id); }

host::Data Sockets::attachment(std::uint64_t) {
  ticker_.pass_time();
  return Bytes{};
}

void Sockets::settle(actor::Settlement settlement) {
  for (auto& [id, line] : lines_) {
    if (settlement == actor::Settlement::kCommitted) line.sends_waiting += line.sends_unsettled;
    line.sends_unsettled = 0;
  }
}

// Effects.

void Sockets::perform_send(std::uint64_t id, const Message&) {
  Line* line = find(id);
  if (line == nullptr || !line->is_open) return;
  if (line->sends_waiting > 0) --line->sends_waiting;
  ++line->unread;
  if (line->unread < kUnreadHigh || line->is_congested || is_stopping_) return;
  line->is_congested = true;
  if (queue_.reserve(1)) {
    ++line->promises;
    put_promised(*line, id, event_bytes<Payload::kCongested>(id));
  }
}

void Sockets::perform_close(std::uint64_t id, std::uint16_t code, std::string_view reason) {
  if (is_open(id)) end(id, Closing{code, std::string(reason), std::nullopt});
}

void Sockets::perform_publish(std::string_view, const Message&) {
  for (auto& [id, line] : lines_) {
    if (!line.is_open) continue;
    if (line.unread >= kUnreadMax) {
      ++line.gap;
    } else {
      ++line.unread;
    }
  }
}

// Restart and end.

Bytes Sockets::save() const {
  Bytes out;
  wasm::BinaryWriter writer(out);
  writer.unsigned_number(last_id_);
  const auto is_known = [](const auto& entry) { return entry.second.is_known; };
  writer.unsigned_number(static_cast<std::uint64_t>(std::ranges::count_if(lines_, is_known)));
  for (const auto& [id, line] : lines_) {
    if (line.is_known) writer.unsigned_number(id);
  }
  return out;
}

Status Sockets::load(ByteSpan saved) {
  wasm::BinaryReader reader(saved);
  last_id_ = reader.unsigned_number(kHostIdBit - 1);
  for (std::uint64_t left = reader.count(); left > 0 && reader.ok(); --left) {
    Line& line = lines_[reader.unsigned_number(2 * kHostIdBit - 1)];
    line.is_known = true;
    line.is_open = false;
  }
  return reader.finish();
}

Status Sockets::fold_event(ByteSpan bytes) {
  TRY(const auto event, wasm::from_binary<host::Event<Payload>>(bytes));
  last_id_ = std::max(last_id_, event.id & (kHostIdBit - 1));
  switch (event.payload.value.index()) {
    case Payload::kOpened:
      lines_[event.id].is_known = true;
      lines_[event.id].is_open = false;
      break;
    case Payload::kClosed:
      lines_.erase(event.id);
      break;
    default:
      break;
  }
  return {};
}

Status Sockets::recover() {
  const host::GuestError error{host::GuestCode::kInterrupted, "", "the node stopped", std::nullopt};
  for (auto& [id, line] : lines_) {
    CHECK(queue_.reserve(1), "BOUND-1");
    line.promises = 1;
    put_promised(line, id, event_bytes<Payload::kClosed>(id, Closing{kBroken, "", error}));
  }
  lines_.clear();
  return {};
}

void Sockets::stop(actor::StopMode mode) {
  is_stopping_ = true;
  queue_.clear();
  if (hang_up_) services_.executor.cancel(*hang_up_);
  hang_up_.reset();
  if (mode == actor::StopMode::kKill) {
    lines_.clear();
    return;
  }
  hang_up_ = services_.executor.after(kHangUp, [this] { hang_up(); });
}

/// The peers have answered the close.
void Sockets::hang_up() {
  hang_up_.reset();
  lines_.clear();
  actor_.drained();
}

actor::Census Sockets::census() const {
  actor::Census census;
  census.connections = static_cast<std::uint64_t>(
      std::ranges::count_if(lines_, [](const auto& entry) { return entry.second.is_open; }));
  census.timers = hang_up_ ? 1 : 0;
  census.bytes = queue_.bytes();
  return census;
}

}  // namespace theater::sim
