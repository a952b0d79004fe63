// PostgresSession: does a job's script on a link.
#include "hosts/database/postgres_session.h"

#include <algorithm>
#include <deque>
#include <set>
#include <utility>

#include "base/check.h"
#include "hosts/database/postgres_link.h"
#include "hosts/database/postgres_script.h"
#include "hosts/database/sql_word.h"

namespace theater::hosts::database {

namespace {

using host::GuestCode;

/// What copying these rows takes at the least.
std::size_t bytes_least_of(const PGresult* result) {
  std::size_t bytes = 0;
  for (int row = 0; row < PQntuples(result); ++row) {
    for (int column = 0; column < PQnfields(result); ++column) {
      bytes += static_cast<std::size_t>(PQgetlength(result, row, column));
    }
  }
  return bytes / kHexGrowth;
}

struct SessionSetup {
  SessionId id;
  PostgresLink::Options link;
  enum class Ledger : std::uint8_t { kNone, kKept } ledger = Ledger::kNone;
};

class PostgresSession final : public Session, private LinkUser {
 public:
  PostgresSession(SessionSetup setup, const host::Services& services, SessionUser& user)
      : setup_(std::move(setup)),
        services_(services),
        user_(user),
        link_(setup_.link, services, *this) {}

  ~PostgresSession() override {
    end_patience();
    if (script_) link_.cancel();  // the server need not finish what nobody wants
  }

  void open() override { link_.open(); }

  void run(std::vector<JobPointer> jobs) override {
    CHECK(jobs.size() == 1 && !script_, "a session does one thing at a time");
    job_ = std::move(jobs.front());
    script_.emplace(*job_);
    later([this] { next(); });
  }

  void abort(JobId job) override {
    if (!job_ || job_->id != job) return;
    job_->is_aborted = true;
    give_up({GuestCode::kCancelled, "", "it was cancelled", std::nullopt});
  }

  void resume(JobId job) override {
    if (job_ && job_->id == job) link_.go_on();
  }

  void listen(const std::vector<std::string>& channels) override {
    const std::set<std::string> wanted(channels.begin(), channels.end());
    for (const std::string& channel : wanted) {
      if (!listened_.contains(channel)) ours_.push_back("LISTEN " + quoted(channel));
    }
    for (const std::string& channel : listened_) {
      if (!wanted.contains(channel)) ours_.push_back("UNLISTEN " + quoted(channel));
    }
    listened_ = wanted;
    is_listening_ = false;
    if (is_at_ours_) return;
    is_at_ours_ = true;
    later([this] { next_of_ours(); });
  }

 private:
  /// The owner is told nothing inside its own calls.
  void later(io::Task task) { services_.executor.post(lifeline_.guard(std::move(task))); }

  static std::string quoted(const std::string& name) {
    std::string out = "\"";
    for (const char c : name) out.append(c == '"' ? 2 : 1, c);
    return out + "\"";
  }

  // The link.

  void on_link_resolved() override { user_.on_resolved(setup_.id); }

  void on_link_open() override {
    if (setup_.ledger == SessionSetup::Ledger::kKept) ours_.emplace_back(kPostgresLedger);
    next_of_ours();
  }

  void on_link_failed(const host::GuestError& why) override {
    const host::GuestError told = script_ ? with_doubt(why) : why;
    if (why.code == GuestCode::kTooLarge && job_ && !script_->has_ended()) {
      const auto guard = std::weak_ptr(alive_);  // another session would only meet it again
      user_.on_ended(setup_.id, job_->id, std::unexpected(told));
      if (guard.expired()) return;
    }
    user_.on_failed(setup_.id, told);
  }

  /// Why the job under way fails, as its guest may rely on it.
  host::GuestError with_doubt(host::GuestError why) const {
    if (script_->leaves_nothing()) return why;
    why.code = GuestCode::kInterrupted;
    why.message += "; whether it was done is not known";
    return why;
  }

  bool on_link_result(PGresult* result) override {
    if (is_at_ours_) return on_result_of_ours(result);
    if (!script_) return true;
    if (result != nullptr) return is_draining_ || read(result);
    --in_flight_;
    if (!is_draining_) {
      finish_command();
    } else if (in_flight_ == 0) {
      is_draining_ = false;
      next();
    }
    return true;
  }

  void on_link_notified(std::string_view channel, std::string_view what) override {
    user_.on_notified(setup_.id, channel, what);
  }

  // Commands of our own: the ledger, LISTEN.

  void next_of_ours() {
    is_at_ours_ = !ours_.empty();
    if (is_at_ours_) {
      begin_patience();
      link_.send(ours_.front(), PostgresParams(), PostgresLink::End::kNow);
      return link_.dispatch();
    }
    end_patience();
    if (!std::exchange(is_open_, true)) return user_.on_opened(setup_.id);
    if (!std::exchange(is_listening_, true)) user_.on_listening(setup_.id);
  }

  bool on_result_of_ours(PGresult* result) {
    if (result != nullptr) {
      if (PQresultStatus(result) == PGRES_FATAL_ERROR) failure_ = postgres_error(result);
      return true;
    }
    // Two that make the ledger at once: the other one has made it.
    const bool is_race = failure_ && failure_->detail == "23505";
    if (failure_ && !is_race) {
      user_.on_failed(setup_.id, *std::exchange(failure_, {}));
      return true;
    }
    failure_.reset();
    ours_.pop_front();
    next_of_ours();
    return true;
  }

  // A job's commands.

  /// Goes on with the script's next command, which may be under way already.
  void next() {
    failure_.reset();
    outcome_ = {};
    rows_.reset();
    if (in_flight_ == 0 && !send_run()) return;
    const PostgresCommand* const command = script_->command();
    if (command == nullptr) return end_job();
    if (command->kind == PostgresCommand::Kind::kStatement) expect_rows();
  }

  /// False: this is gone.
  bool send_run() {
    std::vector<PostgresParams> params;
    if (auto good = read_run(params); !good) {
      script_->failed(good.error());
      if (!tell()) return false;
      CHECK(read_run(params), "commands of our own are good");
    }
    const auto run = script_->run();
    for (std::size_t i = 0; i < run.size(); ++i) {
      const bool is_end = i + 1 == run.size() || run[i + 1].stands_alone();
      link_.send(run[i].sql, params[i],
                 is_end ? PostgresLink::End::kNow : PostgresLink::End::kLater);
    }
    in_flight_ = run.size();
    if (in_flight_ > 0) link_.dispatch();
    return true;
  }

  /// The parameters of the commands to send, unless one of them must not be.
  host::Outcome read_run(std::vector<PostgresParams>& params) {
    params.clear();
    for (const PostgresCommand& command : script_->run()) {
      if (job_->is_aborted && !script_->has_ended()) {
        return host::refuse(GuestCode::kCancelled, "it was cancelled");
      }
      if (command.kind == PostgresCommand::Kind::kStatement && is_session_command(command.sql)) {
        return host::refuse(GuestCode::kDenied, "{} is the host's", first_word(command.sql));
      }
      if (auto good = params.emplace_back().read(command.params); !good) return good;
    }
    return {};
  }

  void expect_rows() {
    AnswerLimits left = job_->answer;
    left.bytes_max -= std::min<std::uint64_t>(left.bytes_max, script_->bytes());
    rows_.emplace(left);
    has_columns_ = false;
  }

  /// A result of the command under way. False: the guest takes no more rows for now.
  bool read(PGresult* result) {
    switch (PQresultStatus(result)) {
      case PGRES_SINGLE_TUPLE:
      case PGRES_TUPLES_OK:
        return read_rows(result);
      case PGRES_COMMAND_OK:
        outcome_.changed = changed_by(result);
        return true;
      case PGRES_FATAL_ERROR:
        if (!failure_) failure_ = postgres_error(result);
        return true;
      case PGRES_EMPTY_QUERY:
        if (!failure_) {
          failure_ =
              host::GuestError{GuestCode::kInvalid, "", "the statement is empty", std::nullopt};
        }
        return true;
      default:  // the connection would speak something else from here on
        later([this] {
          user_.on_failed(setup_.id,
                          {GuestCode::kUnsupported, "", "no such statement here", std::nullopt});
        });
        return false;
    }
  }

  bool read_rows(PGresult* result) {
    if (script_->command()->kind == PostgresCommand::Kind::kRecall) {
      if (PQntuples(result) == 0) return true;
      const Value entry = value_of(PQftype(result, 0), PQgetvalue(result, 0, 0));
      if (const auto* bytes = std::get_if<Value::kBlob>(&entry.value)) outcome_.rows = *bytes;
      return true;
    }
    if (!rows_ || failure_) return true;
    if (!std::exchange(has_columns_, true)) rows_->set_columns(columns_of(result));
    auto fits = rows_->check_room(bytes_least_of(result));
    for (int row = 0; fits && row < PQntuples(result); ++row) read_row(result, row, *rows_);
    if (fits) fits = rows_->check();
    if (!fits) {
      give_up(with_doubt(fits.error()));
      return true;
    }
    if (PQresultStatus(result) == PGRES_TUPLES_OK) outcome_.changed = changed_by(result);
    return job_->rows_per_part == 0 || send_part(PartRule::kIfFull);
  }

  enum class PartRule : std::uint8_t { kIfFull, kAll };
  bool send_part(PartRule rule) {
    const bool is_full = rows_->rows() >= job_->rows_per_part || rows_->bytes() >= kPartBytes;
    if (rows_->rows() == 0 || (rule == PartRule::kIfFull && !is_full)) return true;
    const Bytes part = rows_->finish({});
    return user_.on_part(setup_.id, job_->id, part) || job_->is_aborted;
  }

  void finish_command() {
    const bool is_statement = script_->command()->kind == PostgresCommand::Kind::kStatement;
    if (!failure_ && is_statement && job_->rows_per_part > 0) send_part(PartRule::kAll);
    if (!failure_ && is_statement) outcome_.rows = rows_->finish({outcome_.changed, std::nullopt});
    if (failure_) {
      const bool was_clean_up = script_->command()->kind == PostgresCommand::Kind::kClean ||
                                script_->command()->kind == PostgresCommand::Kind::kRollback;
      if (was_clean_up) return user_.on_failed(setup_.id, *failure_);  // it is good for nothing
      script_->failed(*failure_);
    } else {
      script_->succeeded(std::move(outcome_));
    }
    if (!tell()) return;
    is_draining_ = failure_ && in_flight_ > 0;  // what was sent behind it is not wanted
    if (!is_draining_) next();
  }

  /// Tells the job's end once it is certain. False: this is gone.
  bool tell() {
    auto result = script_->take_result();
    if (!result) return true;
    begin_patience();  // what follows cleans up
    const auto guard = std::weak_ptr(alive_);
    user_.on_ended(setup_.id, job_->id, *std::move(result));
    return !guard.expired();
  }

  /// The command under way is not wanted: it is cancelled, what it still brings is dropped. If it
  /// does not come to an end, the session does.
  void give_up(host::GuestError why) {
    if (failure_) return;
    failure_ = std::move(why);
    link_.cancel();
    begin_patience();
  }

  /// From here on the server does what nobody waits for: if that takes long, the session is over.
  void begin_patience() {
    if (patience_) return;
    patience_ = services_.executor.after(kDrainTime, [this] {
      patience_.reset();
      user_.on_failed(setup_.id, {GuestCode::kDeadline, "", "the server does not answer", 1000});
    });
  }
  void end_patience() {
    if (patience_) services_.executor.cancel(*patience_);
    patience_.reset();
  }

  void end_job() {
    end_patience();
    failure_.reset();
    rows_.reset();
    script_.reset();
    job_.reset();
    user_.on_freed(setup_.id);
  }

  const SessionSetup setup_;
  const host::Services services_;
  SessionUser& user_;
  PostgresLink link_;
  std::deque<std::string> ours_;  // bounded by the channels
  bool is_at_ours_ = false, is_open_ = false, is_listening_ = true;
  std::set<std::string> listened_;
  JobPointer job_;
  std::optional<PostgresScript> script_;
  std::size_t in_flight_ = 0;  // commands of the script, sent and not ended
  bool is_draining_ = false;   // they are not to be listened to
  std::optional<RowsWriter> rows_;
  PostgresOutcome outcome_;
  std::optional<host::GuestError> failure_;  // of the command under way
  bool has_columns_ = false;
  std::optional<io::TimerId> patience_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // watched around calls of the user
  io::Lifeline lifeline_;
};

class PostgresSessions final : public SessionMaker {
 public:
  PostgresSessions(const DatabaseGrant& grant, const host::Services& services)
      : grant_(grant), services_(services) {}

  std::unique_ptr<Session> make(SessionId id, Role, SessionUser& user) override {
    SessionSetup setup{id,
                       {[grant = grant_] { return read_secret(grant); }, grant_.limits.connect,
                        message_max(), grant_.tls, grant_.tls_authorities, &resolve_all},
                       {}};
    if (grant_.ledger) setup.ledger = SessionSetup::Ledger::kKept;
    return std::make_unique<PostgresSession>(std::move(setup), services_, user);
  }

 private:
  /// No row may be longer, nor an entry of the ledger.
  std::uint64_t message_max() const {
    const std::uint64_t row_max = std::max(grant_.limits.result_max, host::kInlineBytesMax);
    return kHexGrowth * row_max + kBesideRows;
  }
  const DatabaseGrant grant_;
  host::Services services_;
};

}  // namespace

std::unique_ptr<SessionMaker> make_postgres_sessions(const DatabaseGrant& grant,
                                                     const host::Services& services) {
  return std::make_unique<PostgresSessions>(grant, services);
}

}  // namespace theater::hosts::database
