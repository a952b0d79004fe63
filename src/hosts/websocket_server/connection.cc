// Connection: the socket's readiness into inputs of the machine, its actions into bytes.
#include "hosts/websocket_server/connection.h"

#include <algorithm>
#include <utility>

#include "hosts/sockets/crowd.h"

namespace theater::hosts::websocket_server {

namespace {

host::GuestError error_of(host::GuestCode code, std::string_view message) {
  return {code, "", std::string(message), std::nullopt};
}

host::GuestCode guest_code_of(std::uint16_t close_code) {
  return close_code == kCloseTooLarge ? host::GuestCode::kTooLarge : host::GuestCode::kProtocol;
}

}  // namespace

Connection::Connection(const Setup& setup, listener::Visitor visitor, Upgrade upgrade)
    : id_(setup.id),
      grant_(setup.grant),
      owner_(setup.owner),
      stream_(std::move(visitor.stream)),
      pending_(std::make_unique<Pending>()),
      decoder_(setup.grant.limits.message_max),
      outbox_(setup.owner.outgoing()),
      unread_(std::move(visitor.early)),
      unfinished_(setup.owner.unfinished()) {
  pending_->opening = {std::move(visitor.request.target), std::move(visitor.request.headers),
                       stream_->peer()};
  pending_->upgrade = std::move(upgrade);
  heard_ = owner_.tick_time();
}

Connection::~Connection() = default;

Status Connection::start(io::Network& network) {
  TRY_OK(stream_->attach(network, *this));
  set_deadline();
  if (grant_.accept == Accept::kAuto) {
    apply(Input::kAccept);
    resume();
  } else {
    owner_.on_opening(*this, pending_->opening);
    want_more();
  }
  return {};
}

bool Connection::offers(std::string_view subprotocol) const {
  if (!pending_) return false;
  const auto& offered = pending_->upgrade.offered;
  return std::ranges::find(offered, subprotocol) != offered.end();
}

// The guest's wishes.

void Connection::accept(const std::optional<std::string>& subprotocol) {
  if (state() != State::kOpening) return;
  pending_->upgrade.subprotocol = subprotocol;
  apply(Input::kAccept);
  resume();
}

void Connection::send(const Message& message) {
  if (state() != State::kOpen) return;
  append_message(outbox_.begin(message.bytes().size() + kServerHeaderMax), message, window_bits_);
  outbox_.commit();
}

void Connection::hear(Publications& all, Publication& publication) {
  if (state() == State::kOpen) outbox_.add(all.frame(publication, window_bits_));
}

std::uint64_t Connection::make_room() {
  if (state() != State::kOpen || outbox_.bytes() <= grant_.limits.topic_bytes) return 0;
  // Slow is who takes it no more, not whom nobody has written to yet, or who took enough at once.
  if (!is_full_) is_write_blocked_ = false;
  flush();
  if (state() != State::kOpen || outbox_.bytes() <= grant_.limits.topic_bytes) return 0;
  return outbox_.drop_published(grant_.limits.topic_bytes);
}

void Connection::close(std::uint16_t code, std::string_view reason) {
  if (closing_ || state() == State::kClosed) return;
  closing_ = std::make_unique<Closing>(code, std::string(reason), std::nullopt);
  wire_code_ = code;
  if (pending_) {
    pending_->refusal = code;
    pending_->message = reason;
    closing_->code = kCloseBroken;
  }
  apply(Input::kGuestClose);
}

void Connection::eject(std::uint16_t code, host::GuestCode why, std::string_view message) {
  if (closing_ || state() == State::kClosed) return;
  closing_ = std::make_unique<Closing>(code, "", error_of(why, message));
  wire_code_ = code;
  if (pending_) pending_->message = message;
  if (code == kCloseTryLater) outbox_.drop_unbegun();
  apply(Input::kEject);
}

void Connection::cut_off(std::string_view why) {
  if (state() == State::kClosed) return;
  if (!closing_) {
    closing_ = std::make_unique<Closing>(kCloseBroken, "", error_of(host::GuestCode::kFull, why));
  }
  apply(Input::kBroken);
  outbox_.clear();
  unfinished_.set(0);
}

// The machine.

void Connection::apply(Input input) {
  const State before = state();
  const auto step = machine_.step(input);
  if (state() != before) set_deadline();
  for (const Action action : step.actions) act(action);
}

void Connection::act(Action action) {
  switch (action) {
    case Action::kSwitch:
      return switch_protocol();
    case Action::kReject:
      return reject();
    case Action::kDeliver:
      return owner_.on_message(*this, handled_message());
    case Action::kPong:
      return queue_control(Opcode::kPong, payload_);
    case Action::kSendClose:
      return queue_close();
    case Action::kReport:
      return owner_.on_closed(*this, *closing_);
    case Action::kShut:
      return stream_->shut_write();
    case Action::kDestroy:
      return owner_.on_gone(*this);
  }
}

void Connection::set_deadline() {
  if (has_left_) return;  // nobody looks at it any more
  const Limits& limits = grant_.limits;
  deadline_ = owner_.tick_time() + (state() == State::kOpening ? limits.upgrade : limits.close) +
              sockets::kTick;  // the tick that set it may be almost over
}

void Connection::switch_protocol() {
  const auto& deflate = pending_->upgrade.deflate;
  if (deflate) {
    decoder_.enable_inflation(std::make_unique<Inflater>(*deflate));
    window_bits_ = deflate->server_window_bits;
  }
  append(outbox_.begin(256), as_bytes(switch_response(pending_->upgrade)));
  outbox_.commit();
  const auto pending = std::exchange(pending_, nullptr);
  owner_.on_opened(*this, pending->opening);
}

void Connection::reject() {
  if (!closing_) {
    closing_ = std::make_unique<Closing>(kCloseBroken, "",
                                         error_of(host::GuestCode::kDeadline, pending_->message));
  }
  append(outbox_.begin(256),
         as_bytes(http::refusal_response({pending_->refusal, pending_->message})));
  outbox_.commit();
  pending_.reset();
  unread_.clear();
}

void Connection::queue_control(Opcode opcode, ByteSpan payload) {
  // A peer that sends pings without reading the answers gets no more of them.
  if (outbox_.bytes() > grant_.limits.out_hard) return;
  Bytes& out = outbox_.begin(payload.size() + kServerHeaderMax);
  append_header(out, opcode, payload.size());
  append(out, payload);
  outbox_.commit();
}

void Connection::queue_close() {
  Bytes payload;
  if (wire_code_ != kCloseNoCode) {
    payload = {static_cast<std::uint8_t>(wire_code_ >> 8), static_cast<std::uint8_t>(wire_code_)};
    append(payload, as_bytes(closing_->reason));
  }
  Bytes& out = outbox_.begin(payload.size() + kServerHeaderMax);
  append_header(out, Opcode::kClose, payload.size());
  append(out, payload);
  outbox_.commit();
}

// Reading.

void Connection::on_readable() {
  for (int turn = 0; turn < kReadsMax && wanted_bytes() > 0; ++turn) {
    const std::span<std::uint8_t> all = owner_.scratch();
    const std::span<std::uint8_t> scratch = all.first(std::min(all.size(), wanted_bytes()));
    const auto got = stream_->read(scratch);
    if (!got) return broke(got.error());
    if (!*got) break;
    if (**got == 0) return end_of_peer();
    heard_ = owner_.tick_time();
    is_ping_sent_ = false;
    consume(scratch.first(**got));
    if (state() == State::kClosed) return;
    note_unfinished();
    if (is_held_ || **got < scratch.size()) break;
  }
  flush();
  want_more();
}

/// Before it is let in, little is taken.
std::size_t Connection::wanted_bytes() const {
  if (state() != State::kOpening) return SIZE_MAX;
  return kEarlyBytesMax - std::min(unread_.size(), kEarlyBytesMax);
}

void Connection::want_more() {
  const bool is_full = is_held_ || unread_.size() >= kScratchBytes || wanted_bytes() == 0;
  if (state() != State::kClosed && !is_full && !has_peer_ended_) stream_->want_read();
}

void Connection::consume(std::span<std::uint8_t> input) {
  // Held, it may be read once more: behind what waits already.
  if (state() == State::kOpening || is_held_) return append(unread_, input);
  const std::uint64_t before = decoder_.inflated_bytes();
  while (state() == State::kOpen || state() == State::kClosing) {
    if (state() == State::kOpen && !owner_.may_deliver(*this)) return hold(input);
    const Item item = decoder_.next(input);
    if (item == Item::kNone) return;
    if (item == Item::kPause) return pause(input);
    payload_ = decoder_.payload();
    handle(item);
    const bool is_much = decoder_.inflated_bytes() >= before + kInflatedAtOnce;
    if (is_much && !input.empty()) return pause(input);
  }
}

void Connection::pause(std::span<std::uint8_t> input) {
  if (state() != State::kOpen && state() != State::kClosing) return;
  owner_.on_pause(*this);
  is_paused_ = true;
  hold(input);
}

void Connection::hold(std::span<std::uint8_t> input) {
  append(unread_, input);
  is_held_ = true;
}

void Connection::handle(Item item) {
  switch (item) {
    case Item::kNone:
    case Item::kPause:
      return;
    case Item::kText:
    case Item::kBinary:
      unfinished_since_ = owner_.tick_time();
      is_text_ = item == Item::kText;
      return apply(Input::kMessage);
    case Item::kPing:
      return apply(Input::kPing);
    case Item::kPong:
      return apply(Input::kPong);
    case Item::kClose:
      if (!closing_) {
        closing_ = std::make_unique<Closing>(decoder_.close_code(), std::string(as_text(payload_)),
                                             std::nullopt);
        wire_code_ = decoder_.close_code();
      }
      return apply(Input::kPeerClose);
    case Item::kFailed:
      if (!closing_) {
        wire_code_ = decoder_.close_code();
        closing_ =
            std::make_unique<Closing>(wire_code_, decoder_.failure(),
                                      error_of(guest_code_of(wire_code_), decoder_.failure()));
      }
      return apply(Input::kFailed);
  }
}

/// The time of a message begins with its first byte.
void Connection::note_unfinished() {
  const std::size_t held = decoder_.unfinished_bytes();
  if (unfinished_.bytes() == 0) unfinished_since_ = owner_.tick_time();
  const bool is_more = held > unfinished_.bytes();
  unfinished_.set(held);
  if (is_more) owner_.on_unfinished();
}

Message Connection::handled_message() const {
  if (is_text_) return {as_text(payload_)};
  return {payload_};
}

void Connection::resume() {
  is_held_ = is_paused_ = false;
  Bytes input = std::exchange(unread_, {});
  consume(input);
  if (state() == State::kClosed) return;
  note_unfinished();
  flush();
  want_more();
}

void Connection::end_of_peer() {
  has_peer_ended_ = true;
  if (!closing_) {
    closing_ = std::make_unique<Closing>(
        kCloseBroken, "", error_of(host::GuestCode::kClosed, "ended without a close frame"));
  }
  apply(Input::kPeerEnd);
  flush();
}

void Connection::broke(const Error& error) {
  if (!closing_) {
    closing_ =
        std::make_unique<Closing>(kCloseBroken, "", error_of(host::GuestCode::kIo, error.message));
  }
  apply(Input::kBroken);
}

// Writing.

void Connection::on_writable() {
  is_write_blocked_ = false;
  flush();
}

/// What a closing connection says needs no credit: the answer to our close is behind it.
void Connection::flush() {
  if (state() == State::kClosed) return;
  if (is_held_ && !is_paused_ && state() == State::kClosing) return resume();
  if (is_write_blocked_) return update_congestion();
  if (!outbox_.is_empty()) {
    const std::size_t before = outbox_.bytes();
    if (auto status = outbox_.write_to(*stream_); !status) return broke(status.error());
    is_full_ = outbox_.bytes() == before;
    if (!outbox_.is_empty()) {
      moved_ = owner_.tick_time();
      is_write_blocked_ = true;
      stream_->want_write();
    }
  }
  update_congestion();
  if (!outbox_.is_empty()) return;
  apply(Input::kFlushed);
  if (state() == State::kLingering && has_peer_ended_) apply(Input::kPeerEnd);
}

void Connection::update_congestion() {
  const bool is_open = state() == State::kOpen;
  if (congestion_.update(outbox_.bytes(), grant_.limits, owner_.tick_time()) && is_open) {
    owner_.on_congestion(*this);
  }
  if (is_awaited && is_open && outbox_.bytes() <= grant_.limits.out_low) owner_.on_room(*this);
}

std::unique_ptr<io::Stream> Connection::give_up() {
  if (stream_) stream_->abandon();
  return std::move(stream_);
}

// Time.

void Connection::expire(std::string_view why) {
  closing_ = std::make_unique<Closing>(kCloseBroken, "", error_of(host::GuestCode::kDeadline, why));
  wire_code_ = kCloseGoingAway;
  apply(Input::kDeadline);
  flush();
}

void Connection::sweep(MonotonicTime now) {
  const Limits& limits = grant_.limits;
  if (state() == State::kClosed) return;
  if (state() != State::kOpen) {
    if (now >= deadline_) apply(Input::kDeadline);
    return flush();
  }
  if (congestion_.is_on && now - congestion_.since >= limits.slow) {
    eject(kCloseTryLater, host::GuestCode::kFull, "too slow: out_high was exceeded for too long");
    return flush();
  }
  if (is_held_) heard_ = unfinished_since_ = now;  // it may be talking; we do not listen
  const Nanoseconds silence = now - heard_;
  if (silence >= limits.idle) return expire("silent for too long");
  if (unfinished_.bytes() > 0 && now - unfinished_since_ >= limits.message_wait) {
    return expire("a message took too long");
  }
  if (silence >= limits.ping && !is_ping_sent_) {
    is_ping_sent_ = true;
    queue_control(Opcode::kPing, {});
    flush();
  }
}

}  // namespace theater::hosts::websocket_server
