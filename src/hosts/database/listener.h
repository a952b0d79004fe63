// Listener: the channels of one database that an actor listens to, all by one session.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "hosts/database/grant.h"
#include "hosts/database/session.h"
#include "io/executor.h"

namespace theater::hosts::database {

/// Whoever listens. Called on the actor's shard, never inside subscribe() or unsubscribe().
class ListenerUser {
 public:
  /// Listening began, or began again: what was notified before is not known.
  virtual void on_listening(JobId job) = 0;
  virtual void on_notified(JobId job, std::string_view what) = 0;

 protected:
  ~ListenerUser() = default;
};

/// Of one Database, beside its pool. A session that breaks is made again, after a pause that
/// doubles; there is none while nobody listens.
class Listener final : private SessionUser {
 public:
  Listener(SessionMaker& maker, io::Executor& executor, ListenerUser& user)
      : maker_(maker), executor_(executor), user_(user) {}
  ~Listener() { stop(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void subscribe(JobId job, std::string_view channel);
  void unsubscribe(JobId job);
  void stop();

  std::size_t channels() const { return jobs_.size(); }
  std::size_t sessions() const { return session_ ? 1 : 0; }
  SessionState state() const { return machine_.state(); }

 private:
  void on_resolved(SessionId session) override;
  void on_opened(SessionId session) override;
  void on_failed(SessionId session, const host::GuestError& why) override;
  bool on_part(SessionId, JobId, ByteSpan) override { return true; }
  void on_ended(SessionId, JobId, JobResult) override {}
  void on_freed(SessionId) override {}
  void on_listening(SessionId session) override;
  void on_notified(SessionId session, std::string_view channel, std::string_view what) override;

  void open();
  void step(SessionInput input);
  void listen();

  struct Subscription {
    std::string channel;
    bool is_told = false;  // that listening began
  };
  SessionMaker& maker_;
  io::Executor& executor_;
  ListenerUser& user_;
  std::map<JobId, Subscription> jobs_;
  host::Machine<kSessionTable> machine_{SessionState::kClosed};
  std::unique_ptr<Session> session_;
  SessionId id_;
  std::optional<io::TimerId> timer_;
  Nanoseconds pause_{0};
};

}  // namespace theater::hosts::database
