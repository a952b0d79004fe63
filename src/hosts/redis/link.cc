// Link: dialling, greeting, bytes both ways.
#include "hosts/redis/link.h"

#include <array>
#include <utility>

namespace theater::hosts::redis {

using host::GuestCode;
using host::GuestError;

Link::Link(const LinkSetup& setup) : setup_(setup), reader_(setup.limits.reply_max) {}

Link::~Link() {
  if (timer_) setup_.services.executor.cancel(*timer_);
}

void Link::start() {
  const auto& server = setup_.server;
  timer_ = setup_.services.executor.after(setup_.limits.connect, [this] {
    timer_.reset();
    lose({GuestCode::kDeadline, "", "connecting took too long", {}});
  });
  // The manifest names the server: it may be anywhere.
  outbound::DialUser& user = *this;
  dialer_ = std::make_unique<outbound::Dialer>(
      outbound::Dialer::Plan{server.host, server.port, outbound::PrivateAddresses::kAllowed,
                             setup_.limits.connect},
      setup_.services, user);
  dialer_->start();
}

void Link::send(ByteSpan bytes) {
  append(out_, bytes);
  if (std::exchange(is_flush_asked_, true)) return;
  setup_.services.executor.post(lifeline_.guard([this] {
    is_flush_asked_ = false;
    flush();
  }));
}

void Link::give_up(GuestError why) {
  setup_.services.executor.post(
      lifeline_.guard([this, why = std::move(why)]() mutable { lose(std::move(why)); }));
}

// The machine.

void Link::apply(LinkInput input) {
  const auto step = machine_.step(input);
  for (const LinkAction action : step.actions) {
    switch (action) {
      case LinkAction::kGreet:
        greet();
        break;
      case LinkAction::kTellOpen:
        if (timer_) setup_.services.executor.cancel(*timer_);
        timer_.reset();
        setup_.user.on_open();
        break;
      case LinkAction::kTellReply:
        setup_.user.on_reply(std::move(reply_));
        break;
      case LinkAction::kTellLost:
        return setup_.user.on_lost(failure_);  // this link may be gone now
    }
  }
}

void Link::lose(GuestError why) {
  if (state() == LinkState::kClosed) return;
  dialer_.reset();
  if (stream_) stream_->detach();
  if (timer_) setup_.services.executor.cancel(*timer_);
  timer_.reset();
  failure_ = std::move(why);
  failure_.message = fmt::format("redis {}: {}", setup_.server.name, failure_.message);
  apply(LinkInput::kLost);
}

void Link::on_dial_failed(const GuestError& why) {
  const GuestError copy = why;  // the dialer goes
  lose(copy);
}

void Link::on_dialled(std::unique_ptr<io::Stream> stream) {
  dialer_.reset();
  if (setup_.tls != nullptr) stream = setup_.tls->wrap(std::move(stream), setup_.server.host);
  if (const Status watched = stream->attach(setup_.services.network, *this); !watched) {
    return broke(watched.error());
  }
  stream_ = std::move(stream);
  heard_ = setup_.services.clock.now();
  stream_->want_read();
  apply(LinkInput::kDialled);
}

void Link::greet() {
  const auto& server = setup_.server;
  if (!server.password.empty()) {
    ++awaited_;
    if (server.user.empty())
      append_command(greeting_, {"AUTH", server.password});
    else
      append_command(greeting_, {"AUTH", server.user, server.password});
  }
  if (server.database != 0) {
    ++awaited_;
    append_command(greeting_, {"SELECT", std::to_string(server.database)});
  }
  stream_->want_write();  // the stream says when it is ready: over TLS after the handshake
}

/// False: the server refuses. It may do so unasked: it has too many clients.
bool Link::welcome(const Reply& reply) {
  const Value* only = reply.values.size() == 1 ? &reply.values[0] : nullptr;
  if (only != nullptr && only->kind() == Value::kFailure) {
    const std::string said = std::get<Value::kFailure>(only->value);
    lose({GuestCode::kRemote, said, "the server refuses: " + said, {}});
    return false;
  }
  if (only == nullptr || only->kind() != Value::kText || awaited_ == 0) {
    lose({GuestCode::kProtocol, "", "not an answer to the greeting", {}});
    return false;
  }
  if (--awaited_ > 0) return true;
  apply(LinkInput::kWelcome);
  stream_->want_write();  // for what was to be sent meanwhile
  return true;
}

// Reading.

void Link::on_readable() {
  std::array<std::uint8_t, kReadBytes> buffer;
  for (int turn = 0; turn < kReadsMax; ++turn) {
    const auto got = stream_->read(buffer);
    if (!got) return broke(got.error());
    if (!*got) break;
    if (**got == 0) return lose({GuestCode::kClosed, "", "the server ended the connection", {}});
    heard_ = setup_.services.clock.now();
    if (!take(ByteSpan(buffer).first(**got))) return;
    if (**got < buffer.size()) break;
  }
  stream_->want_read();
}

/// False: this link is closed, or gone.
bool Link::take(ByteSpan input) {
  const auto guard = std::weak_ptr(alive_);
  while (true) {
    auto next = reader_.next(input);
    if (!next) {
      lose({GuestCode::kProtocol, "", next.error().message, {}});
      return false;
    }
    if (!*next) return true;
    if (state() == LinkState::kGreeting) {
      if (!welcome(**next)) return false;
      continue;
    }
    reply_ = std::move(**next);
    apply(LinkInput::kReply);
    if (guard.expired()) return false;
  }
}

/// The handshake of TLS is the only thing that fails as denied.
void Link::broke(const Error& error) {
  const GuestCode code = error.code == Code::kDenied   ? GuestCode::kTls
                         : error.code == Code::kClosed ? GuestCode::kClosed
                                                       : GuestCode::kIo;
  lose({code, "", error.message, {}});
}

// Writing.

void Link::on_writable() {
  if (state() != LinkState::kGreeting) return flush();
  if (const auto ready = stream_->write({}); !ready) return broke(ready.error());
  if (awaited_ == 0) apply(LinkInput::kWelcome);
  flush();
}

void Link::flush() {
  if (!stream_ || state() == LinkState::kDialling || state() == LinkState::kClosed) return;
  Bytes& from = state() == LinkState::kGreeting ? greeting_ : out_;
  const std::array<ByteSpan, 1> pieces{ByteSpan(from).subspan(written_)};
  if (pieces[0].empty()) return;
  const auto taken = stream_->write(pieces);
  if (!taken) return broke(taken.error());
  written_ += *taken;
  if (written_ < from.size()) return stream_->want_write();
  Bytes().swap(from);
  written_ = 0;
}

}  // namespace theater::hosts::redis
