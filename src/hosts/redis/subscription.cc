// Subscription: asking, listening, asking again.
#include "hosts/redis/subscription.h"

#include <algorithm>
#include <utility>

namespace theater::hosts::redis {

using host::GuestCode;
using host::GuestError;

namespace {

constexpr std::size_t kMessageParts = 3;  // "message", channel, body; each after the array itself

/// A server that refuses for want of room may have some later.
bool is_final(const GuestError& why) {
  return why.code == GuestCode::kRemote && !why.detail.starts_with("ERR max number of clients") &&
         !why.detail.starts_with("LOADING");
}

/// The text of a blob, or nothing.
std::string text_of(const Value& value) {
  const auto* blob = std::get_if<Value::kBlob>(&value.value);
  return blob == nullptr ? std::string() : to_text(*blob);
}

}  // namespace

Subscription::Subscription(Setup setup) : setup_(std::move(setup)) { open(); }

Subscription::~Subscription() {
  if (timer_) setup_.services.executor.cancel(*timer_);
}

void Subscription::open() {
  LinkUser& user = *this;
  link_ = std::make_unique<Link>(
      LinkSetup{setup_.server, setup_.limits, setup_.tls, setup_.services, user});
  unconfirmed_ = setup_.channels.size() + setup_.patterns.size();
  ask("SUBSCRIBE", setup_.channels);
  ask("PSUBSCRIBE", setup_.patterns);
  link_->start();
}

void Subscription::ask(std::string_view command, const std::vector<std::string>& names) {
  if (names.empty()) return;
  Command words{to_bytes(as_bytes(command))};
  for (const std::string& name : names) words.push_back(to_bytes(as_bytes(name)));
  Bytes request;
  append_command(request, words);
  link_->send(request);
}

/// From now on its silence is watched.
void Subscription::on_open() { arm_ping(); }

void Subscription::on_reply(Reply reply) {
  const Values& values = reply.values;
  if (!values.empty() && values[0].kind() == Value::kFailure) {
    return link_->give_up(
        {GuestCode::kRemote, std::get<Value::kFailure>(values[0].value), "the server refuses", {}});
  }
  // One that is too large is one that was not heard.
  if (reply.is_too_large) return setup_.user.on_listening(setup_.operation);
  const std::string kind = values.size() > 1 ? text_of(values[1]) : "";
  if (kind == "pong") return;
  if (values.size() <= kMessageParts) {
    return link_->give_up({GuestCode::kProtocol, "", "not what a subscriber hears", {}});
  }
  if (kind == "subscribe" || kind == "psubscribe") return on_confirmed();
  const bool is_pattern = kind == "pmessage" && values.size() == kMessageParts + 2;
  const auto* body = std::get_if<Value::kBlob>(&values.back().value);
  if ((kind != "message" && !is_pattern) || body == nullptr) {
    return link_->give_up({GuestCode::kProtocol, "", "not what a subscriber hears", {}});
  }
  setup_.user.on_published(setup_.operation, text_of(values[values.size() - 2]), *body);
}

void Subscription::on_confirmed() {
  if (unconfirmed_ == 0 || --unconfirmed_ > 0) return;
  pause_ = kPauseMin;
  arm_ping();
  setup_.user.on_listening(setup_.operation);
}

/// A server that has gone without a word would be listened to for ever.
void Subscription::arm_ping() {
  if (timer_) setup_.services.executor.cancel(*timer_);
  timer_ = setup_.services.executor.after(setup_.limits.idle, [this] {
    timer_.reset();
    ping();
  });
}

void Subscription::ping() {
  const MonotonicTime now = setup_.services.clock.now();
  const Nanoseconds silence = now - link_->heard();
  if (silence >= setup_.limits.idle && pinged_ > link_->heard()) {
    return link_->give_up({GuestCode::kDeadline, "", "the server is silent", {}});
  }
  if (silence >= setup_.limits.idle) {
    pinged_ = now;
    ask("PING", {"theater"});
  }
  arm_ping();
}

void Subscription::on_lost(const GuestError& why) {
  const GuestError copy = why;  // the link goes
  link_.reset();
  if (timer_) setup_.services.executor.cancel(*timer_);
  timer_.reset();
  if (is_final(copy)) return setup_.user.on_refused(setup_.operation, copy);
  setup_.user.on_broken(setup_.operation);
  const Nanoseconds pause = std::exchange(pause_, std::min(2 * pause_, kPauseMax));
  timer_ = setup_.services.executor.after(pause, [this] {
    timer_.reset();
    open();
  });
}

}  // namespace theater::hosts::redis
