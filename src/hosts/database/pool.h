// Pool: which session does which job of one database, and which jobs wait. Pure: no I/O, no clock.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "hosts/database/job.h"
#include "hosts/database/machine.h"

namespace theater::hosts::database {

using SessionId = StrongNumber<struct DatabaseSessionTag>;

/// What a session is for.
enum class Role : std::uint8_t { kAny, kReader, kWriter };

/// Does what the pool decides. Answers later, never inside a call.
class PoolUser {
 public:
  /// Make a session. Answered by opened() or failed().
  virtual void open(SessionId session, Role role) = 0;
  /// Work for a session: several jobs only for a writer. Answered by freed() or failed().
  virtual void run(SessionId session, std::span<const JobId> jobs) = 0;
  /// Nobody waits for this job of the session any more.
  virtual void abort(SessionId session, JobId job) = 0;
  /// Let go of the session; no answer is wanted.
  virtual void close(SessionId session) = 0;
  /// The job will not be done.
  virtual void lost(JobId job, const host::GuestError& why) = 0;

 protected:
  ~PoolUser() = default;
};

/// Which job runs on which session. One database's, of one actor; pure, on its shard: it decides,
/// and `user`, which outlives it, does. Ends with its owner; of jobs that wait then nobody is told.
class Pool {
 public:
  /// kOne: writes go to one session, reads to the others (SQLite).
  enum class Writers : std::uint8_t { kAny, kOne };
  struct Options {
    std::size_t sessions_max = 4;
    std::size_t waiting_max = 64;
    std::size_t group_max = 1;  // jobs that a writer is given together
    Writers writers = Writers::kAny;
  };
  Pool(Options options, PoolUser& user) : options_(options), user_(user) {}

  /// False: waiting_max jobs wait already.
  bool submit(JobId job, Access access);
  /// The job has ended otherwise: cancelled, overdue.
  void remove(JobId job);

  // What sessions answer.
  void resolved(SessionId session);
  void opened(SessionId session);
  /// The session could not be made, or broke.
  void failed(SessionId session, const host::GuestError& why);
  /// All that the session was given has ended and it is clean.
  void freed(SessionId session);

  /// Lets go of every session and job without a word.
  void clear();

  std::size_t waiting() const { return reads_.size() + writes_.size(); }
  std::size_t sessions() const { return sessions_.size(); }
  std::size_t busy() const;
  std::optional<SessionState> state(SessionId session) const;

 private:
  struct Session {
    host::Machine<kSessionTable> machine{SessionState::kClosed};
    Role role = Role::kAny;
    std::vector<JobId> jobs;
  };
  struct Waiting {
    JobId job;
    std::uint64_t number = 0;  // order of arrival
  };
  using Queue = std::deque<Waiting>;
  using Map = std::map<SessionId, Session>;

  void serve();
  void give(SessionId id, Session& session);
  std::vector<JobId> take_for(Role role);
  std::vector<JobId> take(Queue& queue, std::size_t most);
  void open_more();
  void open(Role role);
  void step(SessionId id, SessionInput input);
  void end_session(SessionId id, const host::GuestError& why);
  std::size_t count(Role role) const;
  std::size_t opening(Role role) const;
  bool serves(Access access) const;

  const Options options_;
  PoolUser& user_;
  Map sessions_;
  Queue reads_, writes_;
  std::uint64_t arrivals_ = 0;
  std::uint64_t last_session_ = 0;
};

}  // namespace theater::hosts::database
