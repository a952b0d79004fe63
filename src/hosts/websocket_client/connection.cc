// Connection: dialling, the socket's readiness into inputs of the machine, its actions into bytes.
#include "hosts/websocket_client/connection.h"

#include <algorithm>
#include <utility>

#include "hosts/sockets/crowd.h"

namespace theater::hosts::websocket_client {

using host::GuestCode;
using host::GuestError;

namespace {

GuestError error_of(GuestCode code, std::string_view message) {
  return {code, "", std::string(message), std::nullopt};
}

/// The server will be back, or is only busy.
bool is_temporary(std::uint16_t close_code) {
  constexpr std::uint16_t kServerError = 1011;
  return close_code == kCloseGoingAway || close_code == kServerError ||
         close_code == kCloseRestart || close_code == kCloseTryLater;
}

constexpr std::size_t kNonceBytes = 16;
constexpr std::uint32_t kDoublingsMax = 32;

}  // namespace

Connection::Connection(const Setup& setup, Ask ask)
    : setup_(setup), limits_(setup.grant.limits), ask_(std::move(ask)) {
  decoder_.emplace(limits_.message_max, Sender::kServer);
}

Connection::~Connection() {
  if (retry_) setup_.services.executor.cancel(*retry_);
}

// The guest's wishes.

void Connection::send(const Message& message) {
  if (state() != State::kOpen) return;
  const Opcode opcode = message.is_text() ? Opcode::kText : Opcode::kBinary;
  const ByteSpan bytes = message.bytes();
  if (window_bits_ == 0 || !is_worth_deflating(bytes.size())) {
    return queue_frame({opcode, bytes, 0});
  }
  queue_frame({opcode, deflate(bytes, window_bits_), kCompressed});
}

void Connection::close(std::uint16_t code, std::string_view reason) {
  if (closing_ || state() == State::kClosed) return;
  wire_code_ = code;
  closing_ = std::make_unique<Closing>(code, std::string(reason), std::nullopt);
  if (state() != State::kOpen) {
    *closing_ = {kCloseBroken, "", error_of(GuestCode::kCancelled, "closed before it was open")};
  }
  apply(Input::kClose);
}

void Connection::eject(std::uint16_t code, GuestCode why, std::string_view message) {
  if (closing_ || state() == State::kClosed) return;
  wire_code_ = code;
  const bool is_open = state() == State::kOpen;
  closing_ = std::make_unique<Closing>(is_open ? code : kCloseBroken, "", error_of(why, message));
  if (code == kCloseTryLater) outbox_.drop_unbegun();
  apply(Input::kClose);
}

// The machine.

void Connection::apply(Input input) {
  const State before = state();
  const auto step = machine_.step(input);
  if (state() != before) {
    const Nanoseconds time = state() == State::kUpgrading ? limits_.upgrade : limits_.close;
    deadline_ = setup_.owner.tick_time() + time + sockets::kTick;  // the tick may be almost over
  }
  for (const Action action : step.actions) act(action);
}

void Connection::act(Action action) {
  switch (action) {
    case Action::kDial:
      return dial();
    case Action::kAsk:
      return ask();
    case Action::kDeliver:
      return setup_.owner.on_message(*this,
                                     is_text_ ? Message{as_text(payload_)} : Message{payload_});
    case Action::kPong:
      return queue_control(Opcode::kPong, payload_);
    case Action::kSendClose:
      return queue_close();
    case Action::kDrop:
      return drop();
    case Action::kRetrying:
      return wait();
    case Action::kReport:
      return setup_.owner.on_closed(*this, *closing_);
    case Action::kShut:
      return stream_->shut_write();
    case Action::kDestroy:
      drop();
      return setup_.owner.on_gone(*this);
  }
}

// The way to a server.

void Connection::dial() {
  outbound::DialUser& user = *this;
  dialer_ = std::make_unique<outbound::Dialer>(
      outbound::Dialer::Plan{ask_.url.host, ask_.url.port, setup_.grant.private_addresses,
                             limits_.connect},
      setup_.services, user);
  dialer_->start();
}

void Connection::on_dial_failed(const GuestError& why) {
  const bool is_final = why.code == GuestCode::kDenied || why.code == GuestCode::kNotFound;
  dialer_.reset();
  lose(why, is_final ? Lost::kForGood : Lost::kForNow);
}

void Connection::on_dialled(std::unique_ptr<io::Stream> stream) {
  dialer_.reset();
  if (ask_.url.is_secure()) stream = setup_.tls->wrap(std::move(stream), ask_.url.host);
  if (const Status watched = stream->attach(setup_.services.network, *this); !watched) {
    return lose(error_of(GuestCode::kIo, watched.error().message), Lost::kForNow);
  }
  stream_ = std::move(stream);
  apply(Input::kDialled);
}

void Connection::ask() {
  std::array<std::uint8_t, kNonceBytes> nonce;
  setup_.services.random.fill(nonce);
  offer_ = {key_text(nonce), setup_.grant.deflate};
  const std::string request = upgrade_request(ask_, offer_);
  append(outbox_.begin(request.size()), as_bytes(request));
  outbox_.commit();
  flush();
  if (stream_) stream_->want_read();
}

void Connection::drop() {
  if (retry_) setup_.services.executor.cancel(*retry_);
  retry_.reset();
  dialer_.reset();
  stream_.reset();
  outbox_ = Outbox();
  decoder_.emplace(limits_.message_max, Sender::kServer);
  Bytes().swap(unread_);
  window_bits_ = 0;
  is_write_blocked_ = is_held_ = is_paused_ = is_awaited = false;
  congestion_ = {};
  is_ping_sent_ = has_peer_ended_ = false;
}

/// Twice as long each time, half of it by chance, so that a server that restarts is not met by all
/// its clients at once.
void Connection::wait() {
  const std::uint32_t doublings = std::min(tries_, kDoublingsMax);
  Nanoseconds span = limits_.reconnect_max;
  if (limits_.reconnect_min <= limits_.reconnect_max / (std::int64_t{1} << doublings)) {
    span = limits_.reconnect_min * (std::int64_t{1} << doublings);
  }
  std::array<std::uint8_t, 8> chance;
  setup_.services.random.fill(chance);
  const auto half = static_cast<std::uint64_t>(span.count() / 2);
  span = Nanoseconds(
      static_cast<std::int64_t>(half + load_le<std::uint64_t>(chance.data()) % (half + 1)));
  setup_.owner.on_retrying(*this, ++tries_);
  retry_ = setup_.services.executor.after(span, [this] {
    retry_.reset();
    apply(Input::kRetry);
  });
}

/// The socket is of no more use. What the machine does depends on the state: a connection that has
/// said goodbye is only ended.
void Connection::lose(GuestError why, Lost how) {
  const State now = state();
  const bool is_lasting =
      now == State::kOpen && setup_.owner.tick_time() - opened_ >= limits_.reconnect_max;
  if (is_lasting) tries_ = 0;
  const bool may_repeat =
      now == State::kDialling || now == State::kUpgrading || now == State::kOpen;
  if (how == Lost::kForNow && may_repeat && setup_.grant.reconnect &&
      tries_ < limits_.reconnect_tries && setup_.owner.may_retry(*this)) {
    closing_.reset();
    wire_code_ = kCloseNoCode;
    return apply(Input::kAgain);
  }
  if (!closing_) closing_ = std::make_unique<Closing>(kCloseBroken, "", std::move(why));
  apply(Input::kGone);
}

// Reading.

void Connection::on_readable() {
  for (int turn = 0; turn < kReadsMax; ++turn) {
    const std::span<std::uint8_t> scratch = setup_.owner.scratch();
    const auto got = stream_->read(scratch);
    if (!got) return broke(got.error());
    if (!*got) break;
    if (**got == 0) return end_of_peer();
    heard_ = setup_.owner.tick_time();
    is_ping_sent_ = false;
    consume(scratch.first(**got));
    if (!stream_) return;
    if (is_held_ || **got < scratch.size()) break;
  }
  flush();
  want_more();
}

void Connection::want_more() {
  if (stream_ && !is_held_ && !has_peer_ended_) stream_->want_read();
}

void Connection::read_head(std::span<std::uint8_t> input) {
  append(unread_, input);
  const auto end = head_end(unread_);
  if (!end) {
    if (unread_.size() <= kHeadBytesMax) return;
    return lose(error_of(GuestCode::kProtocol, "the answer's head is too large"), Lost::kForGood);
  }
  Bytes all = std::exchange(unread_, {});
  auto answer = read_answer(ByteSpan(all).first(*end), ask_, offer_);
  if (!answer) {
    const Refusal& refusal = answer.error();
    GuestError why =
        error_of(refusal.status == 0 ? GuestCode::kProtocol : GuestCode::kRemote, refusal.message);
    if (refusal.status != 0) why.detail = std::to_string(refusal.status);
    return lose(std::move(why), refusal.is_temporary() ? Lost::kForNow : Lost::kForGood);
  }
  if (answer->deflate) {
    decoder_->enable_inflation(std::make_unique<Inflater>(*answer->deflate));
    window_bits_ = answer->deflate->server_window_bits;
  }
  opened_ = heard_ = setup_.owner.tick_time();
  apply(Input::kAnswered);
  setup_.owner.on_opened(*this, {ask_.url.target, std::move(answer->headers), stream_->peer()});
  consume(std::span(all).subspan(*end));
}

void Connection::consume(std::span<std::uint8_t> input) {
  if (state() == State::kUpgrading) return read_head(input);
  const std::uint64_t before = decoder_->inflated_bytes();
  while (state() == State::kOpen || state() == State::kClosing) {
    if (state() == State::kOpen && !setup_.owner.may_deliver(*this)) return hold(input);
    const Item item = decoder_->next(input);
    if (item == Item::kNone) return;
    if (item == Item::kPause) return pause(input);
    payload_ = decoder_->payload();
    handle(item);
    const bool is_much = decoder_->inflated_bytes() >= before + kInflatedAtOnce;
    if (is_much && !input.empty()) return pause(input);
  }
}

void Connection::pause(std::span<std::uint8_t> input) {
  if (state() != State::kOpen && state() != State::kClosing) return;
  setup_.owner.on_pause(*this);
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
    case Item::kPong:
    case Item::kPause:
      return;
    case Item::kText:
    case Item::kBinary:
      is_text_ = item == Item::kText;
      return apply(Input::kMessage);
    case Item::kPing:
      return apply(Input::kPing);
    case Item::kClose:
      return handle_close();
    case Item::kFailed:
      if (!closing_) {
        wire_code_ = decoder_->close_code();
        const auto code =
            wire_code_ == kCloseTooLarge ? GuestCode::kTooLarge : GuestCode::kProtocol;
        closing_ = std::make_unique<Closing>(wire_code_, decoder_->failure(),
                                             error_of(code, decoder_->failure()));
      }
      return apply(Input::kFailed);
  }
}

void Connection::handle_close() {
  if (!closing_) {
    wire_code_ = decoder_->close_code();
    closing_ = std::make_unique<Closing>(wire_code_, std::string(as_text(payload_)), std::nullopt);
  }
  if (state() != State::kOpen || !setup_.grant.reconnect || !is_temporary(wire_code_)) {
    return apply(Input::kPeerClose);
  }
  queue_close();
  flush();
  if (stream_) lose(error_of(GuestCode::kClosed, "the server closed"), Lost::kForNow);
}

void Connection::resume() {
  is_held_ = is_paused_ = false;
  Bytes input = std::exchange(unread_, {});
  consume(input);
  if (!stream_) return;
  flush();
  want_more();
}

void Connection::end_of_peer() {
  has_peer_ended_ = true;
  if (state() == State::kUpgrading || state() == State::kOpen) {
    return lose(error_of(GuestCode::kClosed, "ended without a close frame"), Lost::kForNow);
  }
  apply(Input::kPeerEnd);
  flush();
}

/// The handshake of TLS is the only thing that fails as denied.
void Connection::broke(const Error& error) {
  const bool is_untrusted = error.code == Code::kDenied;
  const GuestCode code = is_untrusted                  ? GuestCode::kTls
                         : error.code == Code::kClosed ? GuestCode::kClosed
                                                       : GuestCode::kIo;
  lose(error_of(code, error.message), is_untrusted ? Lost::kForGood : Lost::kForNow);
}

// Writing.

void Connection::queue_frame(const ClientFrame& frame) {
  Bytes& out = outbox_.begin(frame.payload.size() + kClientHeaderMax);
  append_masked(out, frame, setup_.owner.next_mask());
  outbox_.commit();
}

void Connection::queue_control(Opcode opcode, ByteSpan payload) {
  // A server that sends pings without reading the answers gets no more of them.
  if (outbox_.bytes() <= limits_.out_hard) queue_frame({opcode, payload, 0});
}

void Connection::queue_close() {
  Bytes payload;
  if (wire_code_ != kCloseNoCode) {
    payload = {static_cast<std::uint8_t>(wire_code_ >> 8), static_cast<std::uint8_t>(wire_code_)};
    append(payload, as_bytes(closing_->reason));
  }
  queue_frame({Opcode::kClose, payload, 0});
}

void Connection::on_writable() {
  is_write_blocked_ = false;
  flush();
}

/// What a closing connection is told needs no credit: the answer to our close is behind it.
void Connection::flush() {
  if (!stream_) return;
  if (is_held_ && !is_paused_ && state() == State::kClosing) return resume();
  if (is_write_blocked_) return update_congestion();
  if (!outbox_.is_empty()) {
    if (auto status = outbox_.write_to(*stream_); !status) return broke(status.error());
    if (!outbox_.is_empty()) {
      is_write_blocked_ = true;
      stream_->want_write();
    }
  }
  update_congestion();
  if (!stream_ || !outbox_.is_empty()) return;
  apply(Input::kFlushed);
  if (state() == State::kLingering && has_peer_ended_) apply(Input::kPeerEnd);
}

void Connection::update_congestion() {
  const bool is_open = state() == State::kOpen;
  if (congestion_.update(outbox_.bytes(), limits_, setup_.owner.tick_time()) && is_open) {
    setup_.owner.on_congestion(*this);
  }
  if (is_awaited && is_open && outbox_.bytes() <= limits_.out_low) setup_.owner.on_room(*this);
}

std::unique_ptr<io::Stream> Connection::give_up() {
  if (stream_) stream_->abandon();
  return std::move(stream_);
}

// Time.

void Connection::sweep(MonotonicTime now) {
  switch (state()) {
    case State::kDialling:  // the dialer has its own time
    case State::kWaiting:
    case State::kClosed:
      return;
    case State::kUpgrading:
      if (now < deadline_) return;
      return lose(error_of(GuestCode::kDeadline, "the upgrade took too long"), Lost::kForNow);
    case State::kClosing:
    case State::kLeaving:
    case State::kLingering:
      if (now >= deadline_) return apply(Input::kDeadline);
      return flush();
    case State::kOpen:
    case State::kCount:
      break;
  }
  if (congestion_.is_on && now - congestion_.since >= limits_.slow) {
    eject(kCloseTryLater, GuestCode::kFull, "too slow: out_high was exceeded for too long");
    return flush();
  }
  if (is_held_) heard_ = now;  // it may be talking; we do not listen
  const Nanoseconds silence = now - heard_;
  if (silence >= limits_.idle) return silent();
  if (silence < limits_.ping || is_ping_sent_) return;
  is_ping_sent_ = true;
  queue_control(Opcode::kPing, {});
  flush();
}

void Connection::silent() {
  const GuestError why = error_of(GuestCode::kDeadline, "silent for too long");
  if (setup_.grant.reconnect) return lose(why, Lost::kForNow);
  closing_ = std::make_unique<Closing>(kCloseBroken, "", why);
  wire_code_ = kCloseGoingAway;
  apply(Input::kDeadline);
  flush();
}

}  // namespace theater::hosts::websocket_client
