// Subscription: channels and patterns of one server that one operation listens to.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hosts/redis/link.h"

namespace theater::hosts::redis {

/// Whose operations the subscriptions are. On the shard; outlives them.
class SubscriptionUser {
 public:
  /// Listening began, or began again: what was published before is not known.
  virtual void on_listening(OperationId operation) = 0;
  virtual void on_published(OperationId operation, std::string channel, Bytes body) = 0;
  /// The connection broke or was not made; it is tried again.
  virtual void on_broken(OperationId operation) = 0;
  /// The server refuses for good. The subscription may be destroyed in this call.
  virtual void on_refused(OperationId operation, const host::GuestError& why) = 0;

 protected:
  ~SubscriptionUser() = default;
};

/// On its actor's shard, with a connection of its own. One that breaks is made again, after a pause
/// that doubles. Destruction ends it without a word.
class Subscription final : private LinkUser {
 public:
  struct Setup {
    OperationId operation;
    const ServerGrant& server;
    const Limits& limits;
    const io::TlsContext* tls;
    const host::Services& services;
    SubscriptionUser& user;
    std::vector<std::string> channels, patterns;
  };
  explicit Subscription(Setup setup);
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  std::size_t links() const { return link_ ? 1 : 0; }
  std::size_t timers() const { return timer_ ? 1 : 0; }
  std::size_t held_bytes() const { return link_ ? link_->held_bytes() : 0; }

 private:
  void on_open() override;
  void on_reply(Reply reply) override;
  void on_lost(const host::GuestError& why) override;
  void open();
  void ask(std::string_view command, const std::vector<std::string>& names);
  void on_confirmed();
  void arm_ping();
  void ping();

  const Setup setup_;
  std::unique_ptr<Link> link_;
  std::size_t unconfirmed_ = 0;
  MonotonicTime pinged_;
  std::optional<io::TimerId> timer_;  // of the next try, or the next look at a silent server
  Nanoseconds pause_ = kPauseMin;
};

}  // namespace theater::hosts::redis
