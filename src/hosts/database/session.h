// Session: the port to one connection of a database, whichever engine is behind it.
#pragma once

#include <memory>
#include <vector>

#include "hosts/database/job.h"
#include "hosts/database/pool.h"

namespace theater::hosts::database {

/// Whoever owns sessions. Called on the actor's shard, never inside a call of the owner; the
/// session may be destroyed in any of them.
class SessionUser {
 public:
  /// The host's name is known.
  virtual void on_resolved(SessionId session) = 0;
  virtual void on_opened(SessionId session) = 0;
  /// It could not be made, or broke: no other call follows.
  virtual void on_failed(SessionId session, const host::GuestError& why) = 0;
  /// Rows of a query in parts (canonical `rows`). False: wait for resume().
  virtual bool on_part(SessionId session, JobId job, ByteSpan rows) = 0;
  virtual void on_ended(SessionId session, JobId job, JobResult result) = 0;
  /// Every job that run() gave has ended; the session is clean.
  virtual void on_freed(SessionId session) = 0;
  /// Every channel that listen() named is listened to.
  virtual void on_listening(SessionId) {}
  /// What arrived on such a channel.
  virtual void on_notified(SessionId, std::string_view /*channel*/, std::string_view /*what*/) {}

 protected:
  ~SessionUser() = default;
};

/// Destruction lets go at once: work under way is aborted where the engine can, and nobody is told.
class Session {
 public:
  virtual ~Session() = default;
  virtual void open() = 0;
  /// Each job's end is told by on_ended, then on_freed. Only a writer of SQLite gets several.
  virtual void run(std::vector<JobPointer> jobs) = 0;
  /// The job is marked as aborted: it should come to its end.
  virtual void abort(JobId job) = 0;
  /// on_part answered false and may answer true now.
  virtual void resume(JobId job) = 0;
  /// Makes a session that is given no jobs receive notifications of these channels, and no others.
  virtual void listen(const std::vector<std::string>& channels) = 0;
};

/// Makes the sessions of one database; owned with its grant by the instance.
class SessionMaker {
 public:
  virtual ~SessionMaker() = default;
  virtual std::unique_ptr<Session> make(SessionId id, Role role, SessionUser& user) = 0;
};

}  // namespace theater::hosts::database
