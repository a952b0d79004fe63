// Pipe: the commands of one actor for one server, on one connection, one after another.
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "hosts/redis/link.h"

namespace theater::hosts::redis {

/// Whoever sends commands. Told from tasks of the shard.
class PipeUser {
 public:
  virtual void on_answered(OperationId operation, Values values) = 0;
  virtual void on_failed(OperationId operation, const host::GuestError& why) = 0;

 protected:
  ~PipeUser() = default;
};

/// On its actor's shard. Connects when there is something to send, and leaves a while after the
/// last answer. The server answers in the order asked, so operations share the connection without
/// waiting for each other; if it breaks, all that are under way fail: nobody knows what was done.
class Pipe final : private LinkUser {
 public:
  struct Setup {
    const ServerGrant& server;
    const Limits& limits;
    const io::TlsContext* tls;
    const host::Services& services;
    PipeUser& user;
  };
  explicit Pipe(const Setup& setup) : setup_(setup) {}
  ~Pipe() { stop(); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  void send(OperationId operation, const Commands& commands);
  /// Nobody waits for its answers any more.
  void abandon(OperationId operation);
  void stop();

  std::size_t links() const { return link_ ? 1 : 0; }
  std::size_t timers() const { return idle_ ? 1 : 0; }
  std::size_t held_bytes() const;

 private:
  struct Job {
    OperationId operation;
    std::size_t replies_left;
    MonotonicTime sent;
    Values values;
    std::size_t bytes = 0;  // of the values
    bool is_too_large = false;
    bool is_orphan = false;
  };

  void on_open() override {}
  void on_reply(Reply reply) override;
  void on_lost(const host::GuestError& why) override;
  void finish_front();
  void rest();

  const Setup setup_;
  std::unique_ptr<Link> link_;
  std::deque<Job> jobs_;  // at most as many as the kit lets begin, and kOrphansMax
  std::size_t orphans_ = 0;
  std::optional<io::TimerId> idle_;
};

}  // namespace theater::hosts::redis
