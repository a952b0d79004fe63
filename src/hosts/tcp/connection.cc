// Connection: the socket's readiness into inputs of the machine, its actions into bytes.
#include "hosts/tcp/connection.h"

#include <utility>

#include "hosts/sockets/crowd.h"

namespace theater::hosts::tcp {

using host::GuestCode;
using host::GuestError;

namespace {

GuestError error_of(GuestCode code, std::string_view message) {
  return {code, "", std::string(message), std::nullopt};
}

}  // namespace

Connection::Connection(const ConnectionSetup& setup)
    : setup_(setup),
      limits_(setup.grant.limits),
      machine_((setup.id & kHostIdBit) != 0 ? State::kOpen : State::kDialling),
      wanted_(setup.grant.first_mode == FirstMode::kActive ? kEndless : 0),
      active_(setup.owner.tick_time()) {}

// The way to a stream.

void Connection::dial(std::string host, std::uint16_t port) {
  host_ = std::move(host);
  outbound::DialUser& user = *this;
  dialer_ = std::make_unique<outbound::Dialer>(
      outbound::Dialer::Plan{host_, port, setup_.grant.private_addresses, limits_.connect},
      setup_.services, user);
  dialer_->start();
}

void Connection::on_dial_failed(const GuestError& why) {
  GuestError copy = why;  // the dialer goes
  dialer_.reset();
  lose(std::move(copy));
}

void Connection::on_dialled(std::unique_ptr<io::Stream> stream) {
  dialer_.reset();
  if (const Status watched = stream->attach(setup_.services.network, *this); !watched) {
    return lose(error_of(GuestCode::kIo, watched.error().message));
  }
  stream_ = std::move(stream);
  active_ = setup_.owner.tick_time();
  apply(Input::kDialled);
  want_more();
}

Status Connection::adopt(std::unique_ptr<io::Stream> stream) {
  const bool is_secure = setup_.tls != nullptr && setup_.grant.server_tls == ServerTls::kAtOnce;
  stream_ = std::move(stream);
  TRY_OK(stream_->attach(setup_.services.network, *this));
  if (is_secure) {
    start_tls(std::nullopt);
    return {};
  }
  act(Action::kTellOpened);
  want_more();
  return {};
}

Status Connection::take_over(Parcel& parcel) {
  TRY_OK(parcel.stream->attach(setup_.services.network, *this));
  stream_ = std::move(parcel.stream);
  host_ = std::move(parcel.host);
  tls_ = parcel.is_secure ? Tls::kOn : Tls::kNone;
  is_open_told_ = true;
  write_soon();
  want_more();
  return {};
}

// The guest's wishes.

void Connection::send(ByteSpan data) {
  if (state() != State::kOpen && state() != State::kPeerEnded) return;
  append(outbox_.begin(data.size()), data);
  outbox_.commit();
}

void Connection::want(std::uint32_t pieces, AtEnd at_end) {
  wanted_ = pieces;
  at_end_ = at_end;
  if (!is_held_) want_more();
}

void Connection::start_tls(const std::optional<std::string>& host) {
  if (state() != State::kOpen || is_secure() || setup_.tls == nullptr) return;
  if (host) host_ = *host;
  tls_ = Tls::kOrdered;
  if (outbox_.is_empty()) apply(Input::kWrap);
}

void Connection::shut_write() { apply(Input::kShut); }

void Connection::close(std::optional<GuestError> why) {
  if (state() == State::kLeaving || state() == State::kLingering) return;
  if (state() != State::kClosed) closing_ = std::move(why);
  apply(Input::kClose);
  want_more();
}

bool Connection::move() {
  if (state() != State::kOpen || is_tls_awaited() || wanted_ > 0 || queued_items > 0) return false;
  is_move_ordered_ = true;
  if (outbox_.is_empty()) apply(Input::kMove);
  return true;
}

Parcel Connection::release() {
  stream_->detach();
  return {std::move(stream_), setup_.end, host_, is_secure(), {}, setup_.id, {}};
}

void Connection::come_back(std::unique_ptr<io::Stream> stream) {
  is_move_ordered_ = false;
  apply(Input::kReturned);
  if (const Status watched = stream->attach(setup_.services.network, *this); !watched) {
    return broke(watched.error());
  }
  stream_ = std::move(stream);
  write_soon();
  want_more();
}

/// A stream of TLS may hold bytes that only wait to be asked for.
void Connection::write_soon() {
  is_write_blocked_ = true;
  stream_->want_write();
}

// The machine.

void Connection::apply(Input input) {
  const State before = state();
  const auto step = machine_.step(input);
  if (state() != before) {
    const Nanoseconds time = state() == State::kSecuring ? limits_.handshake : limits_.close;
    deadline_ = setup_.owner.tick_time() + time + sockets::kTick;  // the tick may be almost over
  }
  for (const Action action : step.actions) act(action);
}

void Connection::act(Action action) {
  switch (action) {
    case Action::kTellOpened:
      is_open_told_ = true;
      return setup_.owner.on_opened(*this, stream_->peer());
    case Action::kWrap:
      return begin_tls();
    case Action::kTellSecured:
      return secured();
    case Action::kMove:
      return setup_.owner.on_moving(*this);
    case Action::kDeliver:
      return setup_.owner.on_data(*this, piece_);
    case Action::kTellEnd:
      return setup_.owner.on_end_of_data(*this);
    case Action::kShut:
      return stream_->shut_write();
    case Action::kReport:
      return setup_.owner.on_closed(*this, closing_);
    case Action::kDestroy:
      dialer_.reset();
      stream_.reset();
      outbox_ = {};
      return setup_.owner.on_gone(*this);
  }
}

/// What the peer has sent in plain text and nobody has read yet is not part of what follows: it is
/// read as TLS, and fails.
void Connection::begin_tls() {
  tls_ = Tls::kOn;
  stream_->detach();
  stream_ = end() == End::kAccepted ? setup_.tls->wrap(std::move(stream_))
                                    : setup_.tls->wrap(std::move(stream_), host_);
  if (const Status watched = stream_->attach(setup_.services.network, *this); !watched) {
    return broke(watched.error());
  }
  write_soon();
}

void Connection::secured() {
  if (is_open_told_) return setup_.owner.on_secured(*this);
  act(Action::kTellOpened);
}

void Connection::lose(GuestError why) {
  if (!closing_) closing_ = std::move(why);
  apply(Input::kLost);
}

/// The handshake of TLS is the only thing that fails as denied.
void Connection::broke(const Error& error) {
  const GuestCode code = error.code == Code::kDenied   ? GuestCode::kTls
                         : error.code == Code::kClosed ? GuestCode::kClosed
                                                       : GuestCode::kIo;
  lose(error_of(code, error.message));
}

// Reading.

bool Connection::reads() const {
  if (!stream_ || has_peer_ended_) return false;
  if (discards()) return true;
  const bool is_elsewhere = state() == State::kSecuring || state() == State::kMoving;
  return !is_elsewhere && tls_ != Tls::kOrdered && wanted_ > 0;
}

void Connection::want_more() {
  if (reads() && (!is_held_ || discards())) stream_->want_read();
}

void Connection::on_readable() {
  for (int turn = 0; turn < kReadsMax && reads(); ++turn) {
    if (!discards() && !setup_.owner.may_deliver(*this)) {
      is_held_ = true;
      return;
    }
    const std::span<std::uint8_t> scratch = setup_.owner.scratch();
    const auto got = stream_->read(scratch);
    if (!got) return broke(got.error());
    if (!*got) break;
    if (**got == 0) {
      has_peer_ended_ = true;
      apply(Input::kPeerEnd);
      return flush();
    }
    active_ = setup_.owner.tick_time();
    deliver(scratch.first(**got));
    if (**got < scratch.size()) break;
  }
  want_more();
}

void Connection::deliver(ByteSpan piece) {
  if (discards()) return;
  piece_ = piece;
  if (wanted_ != kEndless) --wanted_;
  apply(Input::kData);
  if (wanted_ == 0 && at_end_ == AtEnd::kTell) setup_.owner.on_paused(*this);
}

void Connection::resume() {
  is_held_ = false;
  want_more();
}

// Writing.

void Connection::on_writable() {
  is_write_blocked_ = false;
  if (state() != State::kSecuring) return flush();
  if (const auto ready = stream_->write({}); !ready) return broke(ready.error());
  apply(Input::kSecured);
  flush();
  want_more();
}

void Connection::flush() {
  if (!stream_) return;
  if (is_write_blocked_) return update_congestion();
  if (!outbox_.is_empty()) {
    const std::size_t before = outbox_.bytes();
    if (auto status = outbox_.write_to(*stream_); !status) return broke(status.error());
    if (outbox_.bytes() < before) active_ = setup_.owner.tick_time();
    if (!outbox_.is_empty()) {
      is_write_blocked_ = true;
      stream_->want_write();
    }
  }
  update_congestion();
  if (!outbox_.is_empty()) return;
  if (tls_ == Tls::kOrdered && state() == State::kOpen) return apply(Input::kWrap);
  if (is_move_ordered_ && state() == State::kOpen) return apply(Input::kMove);
  apply(Input::kFlushed);
  if (state() == State::kLingering && has_peer_ended_) apply(Input::kPeerEnd);
}

void Connection::update_congestion() {
  const bool is_open = state() == State::kOpen || state() == State::kPeerEnded;
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
    case State::kClosed:
    case State::kCount:
      return;
    case State::kSecuring:
    case State::kMoving:
    case State::kLeaving:
    case State::kLingering:
      if (now < deadline_) return flush();
      if (!closing_ && state() != State::kLingering) {
        closing_ = error_of(GuestCode::kDeadline, "the peer took too long");
      }
      return apply(Input::kDeadline);
    case State::kOpen:
    case State::kEnding:
    case State::kHalf:
    case State::kPeerEnded:
      break;
  }
  if (is_held_) active_ = now;  // it may be talking; we do not listen
  if (congestion_.is_on && now - congestion_.since >= limits_.slow) {
    closing_ = error_of(GuestCode::kFull, "too slow: out_high was exceeded for too long");
    return apply(Input::kDeadline);
  }
  if (now - active_ < limits_.idle) return;
  closing_ = error_of(GuestCode::kDeadline, "silent for too long");
  apply(Input::kDeadline);
}

}  // namespace theater::hosts::tcp
