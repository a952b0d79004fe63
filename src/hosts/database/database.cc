// Database: between the instance's jobs, the pool's decisions and the sessions' answers.
#include "hosts/database/database.h"

#include <utility>

#include "base/check.h"
#include "hosts/database/limits.h"

namespace theater::hosts::database {

namespace {

Pool::Options pool_options(const DatabaseGrant& grant) {
  const bool is_sqlite = grant.engine == Engine::kSqlite;
  return {static_cast<std::size_t>(grant.limits.pool_max),
          static_cast<std::size_t>(grant.limits.waiting_max), is_sqlite ? kGroupMax : 1,
          is_sqlite ? Pool::Writers::kOne : Pool::Writers::kAny};
}

}  // namespace

Database::Database(const DatabaseGrant& grant, std::unique_ptr<SessionMaker> maker,
                   io::Executor& executor, DatabaseUser& user)
    : grant_(grant),
      maker_(std::move(maker)),
      user_(user),
      pool_(pool_options(grant), *this),
      listener_(*maker_, executor, user) {}

Database::~Database() { CHECK(sessions_.empty() && jobs_.empty(), "END-1"); }

void Database::submit(JobPointer job) {
  const JobId id = job->id;
  const Access access = job->access;
  jobs_[id] = {std::move(job), {}, false};
  if (pool_.submit(id, access)) return;
  host::GuestError full{
      host::GuestCode::kFull, "",
      fmt::format("database {}: waiting_max is {}", grant_.name, grant_.limits.waiting_max), 1000};
  end(id, std::unexpected(std::move(full)));
}

void Database::remove(JobId job) {
  const auto place = jobs_.find(job);
  if (place == jobs_.end()) return;
  ++counters_.removed;
  place->second.job->is_aborted = true;
  jobs_.erase(place);
  pool_.remove(job);
}

void Database::resume(JobId job) {
  const auto place = jobs_.find(job);
  if (place == jobs_.end()) return;
  const auto session = sessions_.find(place->second.session);
  if (session != sessions_.end()) session->second->resume(job);
}

void Database::stop() {
  for (const auto& [id, entry] : jobs_) entry.job->is_aborted = true;
  jobs_.clear();
  pool_.clear();
  listener_.stop();
}

OperationId Database::trim_to(OperationId floor) {
  if (grant_.engine == Engine::kSqlite) return floor;  // one session writes
  if (floor.value < trimmed_to_.value + kTrimEvery) return {};
  return trimmed_to_ = floor;
}

void Database::end(JobId job, JobResult result) {
  if (jobs_.erase(job) == 0) return;
  ++(result ? counters_.done : counters_.failed);
  user_.on_job_ended(job, std::move(result));
}

// What the pool decides.

void Database::open(SessionId session, Role role) {
  const auto made = sessions_.emplace(session, maker_->make(session, role, *this)).first;
  made->second->open();
}

void Database::run(SessionId session, std::span<const JobId> ids) {
  std::vector<JobPointer> jobs;
  for (const JobId id : ids) {
    Entry& entry = jobs_.at(id);
    entry.session = session;
    jobs.push_back(entry.job);
  }
  sessions_.at(session)->run(std::move(jobs));
}

void Database::abort(SessionId session, JobId job) { sessions_.at(session)->abort(job); }

void Database::close(SessionId session) { sessions_.erase(session); }

void Database::lost(JobId job, const host::GuestError& why) {
  if (do_again(job)) return;
  const auto place = jobs_.find(job);
  host::GuestError told = why;
  if (place != jobs_.end() && place->second.is_in_doubt) told.code = host::GuestCode::kInterrupted;
  end(job, std::unexpected(std::move(told)));
}

/// A session broke while it did the job, and doing it again harms nothing: it only reads, or the
/// ledger knows whether it was done. The job's deadline ends this, or that no session can be made.
bool Database::do_again(JobId id) {
  const auto place = jobs_.find(id);
  if (place == jobs_.end() || place->second.session == SessionId{}) return false;
  const Job& old = *place->second.job;
  const bool reads = old.access == Access::kRead && old.rows_per_part == 0;
  if (!reads && !old.ledger) return false;
  auto again = std::make_shared<Job>();
  again->id = old.id;
  again->access = old.access;
  again->isolation = old.isolation;
  again->statements = old.statements;
  again->answer = old.answer;
  again->time_max = old.time_max;
  again->ledger = old.ledger;
  if (again->ledger) again->ledger->doubt = LedgerKey::Doubt::kMayBeDone;
  place->second = {std::move(again), {}, old.ledger.has_value()};
  return pool_.submit(id, place->second.job->access);
}

// What sessions answer.

void Database::on_failed(SessionId session, const host::GuestError& why) {
  ++counters_.sessions_failed;
  host::GuestError told = why;
  told.message = fmt::format("database {}: {}", grant_.name, why.message);
  pool_.failed(session, told);
}

bool Database::on_part(SessionId, JobId job, ByteSpan rows) {
  return !jobs_.contains(job) || user_.on_part(job, rows);
}

void Database::on_ended(SessionId, JobId job, JobResult result) { end(job, std::move(result)); }

}  // namespace theater::hosts::database
