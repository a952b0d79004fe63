// Link: one connection to one Redis server, from its name to its last byte: the edge around the
// table in machine.h.
#pragma once

#include <memory>
#include <optional>

#include "host/family.h"
#include "hosts/outbound/dialer.h"
#include "hosts/redis/grant.h"
#include "hosts/redis/machine.h"
#include "hosts/redis/reply_reader.h"
#include "io/lifeline.h"

namespace theater::hosts::redis {

/// Whoever needs a link. Told from tasks of the shard, never inside its own calls. It may destroy
/// the link in on_reply and on_lost.
class LinkUser {
 public:
  /// From now on replies come.
  virtual void on_open() = 0;
  virtual void on_reply(Reply reply) = 0;
  /// The last call.
  virtual void on_lost(const host::GuestError& why) = 0;

 protected:
  ~LinkUser() = default;
};

/// What a link connects to, and may use.
struct LinkSetup {
  const ServerGrant& server;
  const Limits& limits;
  const io::TlsContext* tls;  // nullptr: the server speaks plain text
  const host::Services& services;
  LinkUser& user;
};

/// On its actor's shard. Begins to connect with start(); destruction closes it without a word. What
/// is sent before it is open follows the greeting.
class Link final : private io::StreamUser, private outbound::DialUser {
 public:
  explicit Link(const LinkSetup& setup);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  void start();
  /// Queues bytes; the owner bounds them. They leave with a task of their own.
  void send(ByteSpan bytes);
  /// The server cannot be trusted with more: on_lost comes, as a task.
  void give_up(host::GuestError why);

  LinkState state() const { return machine_.state(); }
  MonotonicTime heard() const { return heard_; }
  std::size_t held_bytes() const { return out_.size() + reader_.held_bytes(); }

 private:
  void on_dialled(std::unique_ptr<io::Stream> stream) override;
  void on_dial_failed(const host::GuestError& why) override;
  void on_readable() override;
  void on_writable() override;

  void apply(LinkInput input);
  void greet();
  bool take(ByteSpan input);
  bool welcome(const Reply& reply);
  void flush();
  void broke(const Error& error);
  void lose(host::GuestError why);

  const LinkSetup setup_;
  LinkMachine machine_{LinkState::kDialling};
  std::unique_ptr<outbound::Dialer> dialer_;
  std::unique_ptr<io::Stream> stream_;
  ReplyReader reader_;
  Bytes greeting_, out_;
  std::size_t written_ = 0;  // of the one of these that is being written
  Reply reply_;
  host::GuestError failure_;
  int awaited_ = 0;                   // answers to the greeting
  std::optional<io::TimerId> timer_;  // until it is open
  MonotonicTime heard_;
  bool is_flush_asked_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // watched while replies are told
  io::Lifeline lifeline_;
};

}  // namespace theater::hosts::redis
