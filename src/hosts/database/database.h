// Database: one named database of one actor: its jobs, its pool, its sessions.
#pragma once

#include <map>
#include <memory>

#include "hosts/database/grant.h"
#include "hosts/database/listener.h"
#include "hosts/database/pool.h"
#include "hosts/database/session.h"

namespace theater::hosts::database {

/// Whoever gives jobs. Called on the actor's shard.
class DatabaseUser : public ListenerUser {
 public:
  /// Rows of a query in parts. False: wait for resume().
  virtual bool on_part(JobId job, ByteSpan rows) = 0;
  /// Once for each job, unless remove() came first. May be called inside submit().
  virtual void on_job_ended(JobId job, JobResult result) = 0;

 protected:
  ~DatabaseUser() = default;
};

/// What a database counts.
struct DatabaseCounters {
  std::uint64_t done = 0, failed = 0, removed = 0, sessions_failed = 0;
};

/// Of one instance, on its shard. Every job comes to one end; stop() ends all without a word.
class Database final : private PoolUser, private SessionUser {
 public:
  Database(const DatabaseGrant& grant, std::unique_ptr<SessionMaker> maker, io::Executor& executor,
           DatabaseUser& user);
  ~Database();

  const DatabaseGrant& grant() const { return grant_; }
  void submit(JobPointer job);
  /// The job has ended otherwise; what it was doing is given up.
  void remove(JobId job);
  void resume(JobId job);
  void stop();
  /// Below which operation the next write is to delete entries of the ledger, if all below `floor`
  /// may go. Nothing (0) for most writes to PostgreSQL: two that delete the same entries would wait
  /// for each other's commit.
  OperationId trim_to(OperationId floor);

  const Pool& pool() const { return pool_; }
  Listener& listener() { return listener_; }
  std::size_t sessions() const { return sessions_.size() + listener_.sessions(); }
  std::size_t jobs() const { return jobs_.size(); }
  const DatabaseCounters& counters() const { return counters_; }

 private:
  void open(SessionId session, Role role) override;
  void run(SessionId session, std::span<const JobId> jobs) override;
  void abort(SessionId session, JobId job) override;
  void close(SessionId session) override;
  void lost(JobId job, const host::GuestError& why) override;

  void on_resolved(SessionId session) override { pool_.resolved(session); }
  void on_opened(SessionId session) override { pool_.opened(session); }
  void on_failed(SessionId session, const host::GuestError& why) override;
  bool on_part(SessionId session, JobId job, ByteSpan rows) override;
  void on_ended(SessionId session, JobId job, JobResult result) override;
  void on_freed(SessionId session) override { pool_.freed(session); }

  void end(JobId job, JobResult result);
  bool do_again(JobId job);

  const DatabaseGrant grant_;
  std::unique_ptr<SessionMaker> maker_;
  DatabaseUser& user_;
  Pool pool_;
  Listener listener_;
  std::map<SessionId, std::unique_ptr<Session>> sessions_;
  struct Entry {
    JobPointer job;
    SessionId session;         // 0: it waits
    bool is_in_doubt = false;  // it may have been done by a session that broke
  };
  std::map<JobId, Entry> jobs_;
  OperationId trimmed_to_;
  DatabaseCounters counters_;
};

}  // namespace theater::hosts::database
