// SqliteSession: hands its connection to a worker and takes it back with the results.
#include "hosts/database/sqlite_session.h"

#include <utility>

#include "base/check.h"
#include "hosts/database/sqlite_connection.h"
#include "io/lifeline.h"

namespace theater::hosts::database {

namespace {

class SqliteSession final : public Session {
 public:
  SqliteSession(SessionId id, SqliteOptions options, const host::Services& services,
                SessionUser& user)
      : id_(id),
        services_(services),
        user_(user),
        connection_(std::make_shared<SqliteConnection>(std::move(options))) {}

  ~SqliteSession() override {
    for (const JobPointer& job : jobs_) connection_->interrupt(*job);
    // Closing may write: that is a worker's, too.
    services_.workers.for_long().run(
        [connection = std::move(connection_)]() mutable { connection.reset(); }, services_.executor,
        [] {});
  }

  void open() override {
    hand_over([](SqliteConnection& connection) { return connection.open(); },
              [this](host::Outcome opened) {
                if (!opened) return user_.on_failed(id_, opened.error());
                user_.on_opened(id_);
              });
  }

  void run(std::vector<JobPointer> jobs) override {
    CHECK(jobs_.empty() && !jobs.empty(), "a session does one thing at a time");
    jobs_ = std::move(jobs);
    if (jobs_.front()->rows_per_part > 0) return read_part();
    hand_over([jobs = jobs_](SqliteConnection& connection) { return connection.run(jobs); },
              [this](std::vector<JobResult> results) { tell(std::move(results)); });
  }

  void abort(JobId id) override {
    for (const JobPointer& job : jobs_) {
      if (job->id == id) connection_->interrupt(*job);
    }
    if (is_paused_) end_query();
  }

  void resume(JobId) override {
    if (!is_paused_) return;
    is_paused_ = false;
    read_part();
  }

  void listen(const std::vector<std::string>&) override {
    CHECK(false, "SQLite has no channels");  // refused when it is asked for
  }

 private:
  /// Runs `work` with the connection on a worker, then `then` with its result here, if this still
  /// stands. The connection is shared so that a worker may outlive the session.
  template <typename Work, typename Then>
  void hand_over(Work work, Then then) {
    using Answer = std::invoke_result_t<Work, SqliteConnection&>;
    auto answer = std::make_shared<std::optional<Answer>>();  // of the worker, then ours
    services_.workers.for_long().run(
        [connection = connection_, answer, work = std::move(work)] {
          answer->emplace(work(*connection));
        },
        services_.executor,
        lifeline_.guard([answer, then = std::move(then)] { then(*std::move(*answer)); }));
  }

  void tell(std::vector<JobResult> results) {
    const std::vector<JobPointer> jobs = std::exchange(jobs_, {});
    SessionUser& user = user_;  // any call may end this session
    const SessionId id = id_;
    const bool is_broken = connection_->is_broken();
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      user.on_ended(id, jobs[i]->id, std::move(results[i]));
    }
    if (is_broken) return user.on_failed(id, broken());
    user.on_freed(id);
  }
  static host::GuestError broken() {
    return {host::GuestCode::kIo, "", "the connection to the file was given up", std::nullopt};
  }

  // A query in parts.

  void read_part() {
    hand_over(
        [job = jobs_.front()](SqliteConnection& connection) {
          auto part = connection.next_part(*job);
          if (!part || part->is_last || job->is_aborted) connection.end_query();
          return part;
        },
        [this](std::expected<SqlitePart, host::GuestError> part) { on_part(std::move(part)); });
  }

  void on_part(std::expected<SqlitePart, host::GuestError> part) {
    const JobPointer job = jobs_.front();
    if (job->is_aborted) return end_query();
    if (!part) return tell_one(std::unexpected(std::move(part.error())));
    const bool goes_on = part->count == 0 || user_.on_part(id_, job->id, part->rows);
    if (part->is_last) return tell_one(std::vector<Bytes>{std::move(part->columns)});
    if (job->is_aborted) return end_query();
    if (goes_on) return read_part();
    is_paused_ = true;
  }

  void end_query() {
    is_paused_ = false;
    hand_over(
        [](SqliteConnection& connection) {
          connection.end_query();
          return true;
        },
        [this](bool) { tell_one(std::unexpected(broken())); });  // nobody waits for it
  }

  void tell_one(JobResult result) {
    std::vector<JobResult> results;
    results.push_back(std::move(result));
    tell(std::move(results));
  }

  const SessionId id_;
  const host::Services services_;
  SessionUser& user_;
  std::shared_ptr<SqliteConnection> connection_;  // with the worker that is using it
  std::vector<JobPointer> jobs_;
  bool is_paused_ = false;
  io::Lifeline lifeline_;
};

class SqliteSessions final : public SessionMaker {
 public:
  SqliteSessions(const DatabaseGrant& grant, const host::Services& services) : services_(services) {
    options_.file = grant.file;
    options_.file_max = grant.limits.file_max;
    options_.result_max = grant.limits.result_max;
    options_.connect_max = grant.limits.connect;
    if (!grant.ledger) options_.ledger = SqliteOptions::Ledger::kNone;
    if (grant.read_only) options_.mode = SqliteOptions::File::kReadOnly;
  }

  std::unique_ptr<Session> make(SessionId id, Role role, SessionUser& user) override {
    SqliteOptions options = options_;
    options.access = role == Role::kReader ? Access::kRead : Access::kWrite;
    return std::make_unique<SqliteSession>(id, std::move(options), services_, user);
  }

 private:
  host::Services services_;
  SqliteOptions options_;
};

}  // namespace

std::unique_ptr<SessionMaker> make_sqlite_sessions(const DatabaseGrant& grant,
                                                   const host::Services& services) {
  return std::make_unique<SqliteSessions>(grant, services);
}

}  // namespace theater::hosts::database
