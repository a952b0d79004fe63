// database::Instance: calls, work, ends.
#include "hosts/database/instance.h"

#include <algorithm>

#include "base/check.h"
#include "hosts/database/postgres_session.h"
#include "hosts/database/sqlite_session.h"
#include "wasm/utf8.h"

namespace theater::hosts::database {

namespace {

using host::GuestCode;

constexpr std::size_t kEventOverhead = 64;  // what an event has beside its answer

JobId job_of(OperationId id) { return {id.value}; }
JobId job_of_wait(std::uint64_t ticket) { return {ticket | kHostIdBit}; }
bool is_wait(JobId job) { return (job.value & kHostIdBit) != 0; }

std::unique_ptr<SessionMaker> make_sessions(const DatabaseGrant& grant,
                                            const host::Services& services) {
  if (grant.engine == Engine::kPostgres) return make_postgres_sessions(grant, services);
  return make_sqlite_sessions(grant, services);
}

std::uint64_t waiting_max_of(const Grant& grant) {
  std::uint64_t waiting = 0;
  for (const DatabaseGrant& database : grant.databases) waiting += database.limits.waiting_max;
  return waiting;
}

host::BookOptions options_of(const Grant& grant) {
  host::BookOptions options;
  options.queue = {"database events", host::QueuePolicy::kPause, {}};
  for (const DatabaseGrant& database : grant.databases) {  // a row of that size is a part
    auto& room = options.queue.limits.bytes_max;
    room = std::max(room, database.limits.result_max + kBesideRows);
  }
  options.limits.waiting_max = static_cast<std::size_t>(waiting_max_of(grant));
  options.limits.running_max = 2 * options.limits.waiting_max + kWorkingMax;  // the pools decide
  return options;
}

/// The event `ended`, from answers that are canonical already.
Bytes ended_event(std::uint64_t id, const JobResult& result) {
  Bytes event;
  wasm::BinaryWriter writer(event);
  writer.unsigned_number(id);
  writer.unsigned_number(Payload::kEnded);
  writer.byte(result ? 0 : 1);
  if (!result) {
    wasm::Codec<host::GuestError>::write(writer, result.error());
    return event;
  }
  writer.unsigned_number(result->size());
  for (const Bytes& rows : *result) append(event, rows);
  return event;
}

std::size_t bytes_of(const Statement& statement) {
  std::size_t bytes = statement.sql.size();
  for (const Value& value : statement.params) {
    bytes += 16;
    if (const auto* blob = std::get_if<Value::kBlob>(&value.value)) bytes += blob->size();
    if (const auto* text = std::get_if<Value::kText>(&value.value)) bytes += text->size();
    if (const auto* json = std::get_if<Value::kJson>(&value.value)) bytes += json->size();
  }
  return bytes;
}

}  // namespace

Instance::Instance(const host::Binding<Instance>& binding, const Grant& grant,
                   const host::Context& context)
    : OperatingInstance(binding, context, options_of(grant)), actor_(context.actor) {
  for (const DatabaseGrant& database : grant.databases) {
    databases_.emplace(database.name, std::make_unique<Database>(
                                          database, make_sessions(database, context.services),
                                          context.services.executor, *this));
  }
}

Instance::~Instance() { CHECK(jobs_.empty(), "END-1"); }

// Checks.

std::expected<Database*, host::GuestError> Instance::find(std::string_view name) const {
  const auto found = databases_.find(name);
  if (found != databases_.end()) return found->second.get();
  return host::refuse(GuestCode::kDenied, "no grant of a database named {}",
                      name.substr(0, kNameBytesMax));
}

host::Outcome Instance::check_statement(const Statement& statement) const {
  if (statement.sql.empty() || statement.sql.size() > kSqlBytesMax) {
    return host::refuse(GuestCode::kInvalid, "a statement has 1 to {} bytes", kSqlBytesMax);
  }
  if (statement.sql.find('\0') != std::string::npos) {
    return host::refuse(GuestCode::kInvalid, "a statement has no byte that is zero");
  }
  if (statement.params.size() > kParamsMax) {
    return host::refuse(GuestCode::kInvalid, "a statement has at most {} parameters", kParamsMax);
  }
  if (bytes_of(statement) > kJobBytesMax) {
    return host::refuse(GuestCode::kTooLarge, "statements have at most {} bytes", kJobBytesMax);
  }
  return {};
}

host::Planned Instance::plan_query(std::string_view name, const Statement& statement,
                                   std::uint32_t rows_per_part) {
  const auto database = find(name);
  if (!database) return std::unexpected(database.error());
  if (auto good = check_statement(statement); !good) return std::unexpected(good.error());
  if (rows_per_part > kRowsPerPartMax) {
    return host::refuse(GuestCode::kInvalid, "a part has at most {} rows", kRowsPerPartMax);
  }
  const DatabaseGrant& grant = (*database)->grant();
  host::Plan plan;
  plan.delivery = rows_per_part == 0 ? host::Delivery::kInline : host::Delivery::kParts;
  plan.time_max = grant.limits.statement;
  plan.crash = grant.reissue_reads ? host::CrashRule::kReissue : host::CrashRule::kInterrupt;
  return plan;
}

host::Wait<Answer> Instance::check_query(std::string_view name, const Statement& statement) {
  const auto database = find(name);
  if (!database) return Answer(std::unexpected(database.error()));
  if (auto good = check_statement(statement); !good) return Answer(std::unexpected(good.error()));
  return std::nullopt;
}

host::Planned Instance::plan_write(std::string_view name,
                                   const std::vector<Statement>& statements) {
  const auto database = find(name);
  if (!database) return std::unexpected(database.error());
  const DatabaseGrant& grant = (*database)->grant();
  if (grant.read_only) {
    return host::refuse(GuestCode::kDenied, "database {} is granted read_only", grant.name);
  }
  if (statements.empty() || statements.size() > kStatementsMax) {
    return host::refuse(GuestCode::kInvalid, "a transaction has 1 to {} statements",
                        kStatementsMax);
  }
  std::size_t bytes = 0;
  for (const Statement& statement : statements) {
    if (auto good = check_statement(statement); !good) return std::unexpected(good.error());
    bytes += bytes_of(statement);
  }
  if (bytes > kJobBytesMax) {
    return host::refuse(GuestCode::kTooLarge, "statements have at most {} bytes", kJobBytesMax);
  }
  host::Plan plan;
  plan.time_max = grant.limits.statement;
  plan.crash = grant.ledger ? host::CrashRule::kLookup : host::CrashRule::kInterrupt;
  return plan;
}

host::Planned Instance::plan_execute(std::string_view name, const Statement& statement) {
  return plan_write(name, {statement});
}

host::Planned Instance::plan_transaction(std::string_view name, Isolation,
                                         const std::vector<Statement>& statements) {
  return plan_write(name, statements);
}

host::Planned Instance::plan_listen(std::string_view name, std::string_view channel) {
  const auto database = find(name);
  if (!database) return std::unexpected(database.error());
  if (channel.empty() || channel.size() >= kNameBytesMax) {
    return host::refuse(GuestCode::kInvalid, "a channel's name has 1 to {} bytes",
                        kNameBytesMax - 1);
  }
  if ((*database)->grant().engine == Engine::kSqlite) {
    return host::refuse(GuestCode::kUnsupported, "SQLite has no channels to listen to");
  }
  host::Plan plan;
  plan.delivery = host::Delivery::kParts;
  plan.crash = host::CrashRule::kReattach;
  return plan;
}

// Work.

std::shared_ptr<Job> Instance::make_job(JobId id, const Database& database,
                                        std::vector<Statement> statements) const {
  auto job = std::make_shared<Job>();
  const Limits& limits = database.grant().limits;
  job->id = id;
  job->statements = std::move(statements);
  job->answer = {limits.rows_max, limits.result_max};
  job->time_max = limits.statement;
  return job;
}

void Instance::submit(Database& database, std::shared_ptr<Job> job) {
  jobs_.emplace(job->id, &database);
  database.submit(std::move(job));
}

void Instance::begin_query(host::Work& work, std::string_view name, const Statement& statement,
                           std::uint32_t rows_per_part) {
  Database& database = **find(name);
  auto job = make_job(job_of(work.id), database, {statement});
  job->rows_per_part = rows_per_part;
  // A whole answer is one event.
  const auto inline_max = host::kInlineBytesMax - kEventOverhead;
  if (rows_per_part == 0) job->answer.bytes_max = std::min(job->answer.bytes_max, inline_max);
  submit(database, std::move(job));
}

void Instance::wait_query(host::Ticket& ticket, std::string_view name, const Statement& statement) {
  Database& database = **find(name);
  submit(database, make_job(job_of_wait(ticket.value), database, {statement}));
}

void Instance::begin_write(const host::Work& work, std::string_view name, Isolation isolation,
                           std::vector<Statement> statements) {
  Database& database = **find(name);
  auto job = make_job(job_of(work.id), database, std::move(statements));
  job->access = Access::kWrite;
  job->isolation = isolation;
  job->answer.bytes_max =
      std::min<std::uint64_t>(job->answer.bytes_max, host::kInlineBytesMax - kEventOverhead);
  if (database.grant().ledger) {
    const bool may_be_done = work.attempt != host::Attempt::kFirst;
    job->ledger = {actor_.identity().id, work.id, database.trim_to(floor_.of(work.id)),
                   may_be_done ? LedgerKey::Doubt::kMayBeDone : LedgerKey::Doubt::kNone};
    floor_.begun(work.id);
  }
  submit(database, std::move(job));
}

void Instance::begin_execute(host::Work& work, std::string_view name, const Statement& statement) {
  begin_write(work, name, Isolation::kReadCommitted, {statement});
}

void Instance::begin_transaction(host::Work& work, std::string_view name, Isolation isolation,
                                 const std::vector<Statement>& statements) {
  begin_write(work, name, isolation, statements);
}

void Instance::begin_listen(host::Work& work, std::string_view name, std::string_view channel) {
  Database& database = **find(name);
  if (database.listener().channels() >= kChannelsMax) {
    const host::GuestError full{GuestCode::kFull, "", "too many channels are listened to", {}};
    return end_operation(work.id, std::unexpected(full));
  }
  const Limits& limits = database.grant().limits;
  const JobId job = job_of(work.id);
  jobs_.emplace(job, &database);
  notices_.emplace(job, host::Notices({limits.notices_max, limits.notice_bytes}));
  database.listener().subscribe(job, channel);
}

// Rows.

bool Instance::on_part(JobId job, ByteSpan rows) {
  Bytes event;
  wasm::BinaryWriter writer(event);
  writer.unsigned_number(job.value);
  writer.unsigned_number(Payload::kPart);
  append(event, rows);
  if (part({job.value}, event, rows.size())) return true;
  held_.insert_or_assign(job, Held{std::move(event), rows.size(), std::nullopt});
  return false;
}

void Instance::on_credit(OperationId id) {
  const JobId job = job_of(id);
  if (const auto notices = notices_.find(job); notices != notices_.end()) {
    return deliver_notices(job, notices->second);
  }
  const auto place = held_.find(job);
  if (place == held_.end()) return;
  if (!part(id, place->second.event, place->second.bytes)) return;
  const Held held = std::move(place->second);
  held_.erase(job);
  if (held.end) return end_operation(id, *held.end);
  const auto database = jobs_.find(job);
  if (database != jobs_.end()) database->second->resume(job);
}

// Ends.

void Instance::on_job_ended(JobId job, JobResult result) {
  jobs_.erase(job);
  if (is_wait(job)) return end_wait(job.value & ~kHostIdBit, std::move(result));
  const auto held = held_.find(job);
  if (held != held_.end()) {
    held->second.end = std::move(result);
    return;
  }
  end_operation({job.value}, result);
}

void Instance::end_wait(std::uint64_t ticket, JobResult result) {
  if (!result) {
    answer<&Instance::check_query>(ticket, std::unexpected(std::move(result.error())));
    return;
  }
  Bytes ok{0};  // rows are canonical already, and may be many
  append(ok, result->front());
  answer_encoded(ticket, ok);
}

void Instance::end_operation(OperationId id, const JobResult& result) {
  finish(id, result ? host::OperationEnd::kDone : host::OperationEnd::kFailed,
         ended_event(id.value, result));
  floor_.ended(id);
}

void Instance::forget(JobId job) {
  const auto place = jobs_.find(job);
  if (place == jobs_.end()) return;
  Database* const database = place->second;
  jobs_.erase(place);
  if (notices_.erase(job) > 0) return database->listener().unsubscribe(job);
  database->remove(job);
}

void Instance::abort(OperationId id) {
  held_.erase(job_of(id));
  forget(job_of(id));
  floor_.ended(id);
}

void Instance::on_wait_over(std::uint64_t ticket) { forget(job_of_wait(ticket)); }

Bytes Instance::write_end(OperationId id, const host::GuestError& why) {
  return ended_event(id.value, std::unexpected(why));
}

// Notifications.

void Instance::on_listening(JobId job) {
  const auto place = notices_.find(job);
  if (place == notices_.end()) return;
  place->second.lose_track();
  deliver_notices(job, place->second);
}

void Instance::on_notified(JobId job, std::string_view what) {
  const auto place = notices_.find(job);
  if (place == notices_.end() || !wasm::is_valid_utf8(as_bytes(what))) return;
  const bool was_whole = place->second.gap() == 0;
  place->second.put(what);
  // Recorded as it begins, and with the total when the guest hears of it.
  if (was_whole) record_gap(place->second);
  deliver_notices(job, place->second);
}

void Instance::record_gap(const host::Notices& notices) {
  if (notices.gap() == 0) return;
  actor_.record_overflow({"database notifications", chain::OverflowPolicy::kDropOldest,
                          notices.gap(), notices.bytes()});
}

/// As many as the queue takes; on_credit comes for the rest.
void Instance::deliver_notices(JobId job, host::Notices& notices) {
  while (const auto next = notices.next()) {
    Bytes event;
    wasm::BinaryWriter writer(event);
    writer.unsigned_number(job.value);
    writer.unsigned_number(next->gap ? Payload::kGap : Payload::kNotified);
    if (next->gap) {
      writer.unsigned_number(*next->gap);
    } else {
      writer.string(next->what);
    }
    if (!part({job.value}, event, 0)) return;
    if (next->gap) record_gap(notices);
    notices.taken();
  }
}

void Instance::settle(actor::Settlement settlement) {
  OperatingInstance::settle(settlement);
  if (settlement == actor::Settlement::kDiscarded) return;
  if (book().newest() > OperationId{}) floor_.settled(book().newest());
}

// The end.

void Instance::stop(actor::StopMode mode) {
  for (const auto& [name, database] : databases_) database->stop();
  jobs_.clear();
  held_.clear();
  notices_.clear();
  floor_.clear();
  OperatingInstance::stop(mode);
}

actor::Census Instance::census() const {
  actor::Census census = OperatingInstance::census();
  for (const auto& [name, database] : databases_) {
    census.connections += database->sessions();
  }
  return census;
}

void Instance::measure(actor::Figures& figures) const {
  OperatingInstance::measure(figures);
  DatabaseCounters total;
  double sessions = 0, busy = 0, waiting = 0;
  for (const auto& [name, database] : databases_) {
    const DatabaseCounters& it = database->counters();
    total.done += it.done;
    total.failed += it.failed;
    total.removed += it.removed;
    total.sessions_failed += it.sessions_failed;
    sessions += static_cast<double>(database->sessions());
    busy += static_cast<double>(database->pool().busy());
    waiting += static_cast<double>(database->pool().waiting());
  }
  figures.counter({"statements_done_total", "Operations that ended well."}, total.done);
  figures.counter({"statements_failed_total", "Operations that failed."}, total.failed);
  figures.counter({"statements_dropped_total", "Operations cancelled or overdue."}, total.removed);
  figures.counter({"sessions_failed_total", "Sessions that broke or were not made."},
                  total.sessions_failed);
  figures.gauge({"sessions", "Connections to databases."}, sessions);
  figures.gauge({"sessions_busy", "Connections at work."}, busy);
  figures.gauge({"statements_waiting", "Operations without a connection."}, waiting);
}

}  // namespace theater::hosts::database
