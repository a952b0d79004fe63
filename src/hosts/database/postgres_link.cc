// PostgresLink: libpq without waiting.
#include "hosts/database/postgres_link.h"

#include <sys/ioctl.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/check.h"
#include "hosts/database/limits.h"

namespace theater::hosts::database {

namespace {

using host::GuestCode;
using io::Readiness;

/// What every session begins with; DISCARD ALL comes back to it.
constexpr std::pair<const char*, const char*> kSettings[] = {
    {"options",
     "-c DateStyle=ISO -c TimeZone=UTC -c IntervalStyle=iso_8601 -c bytea_output=hex "
     "-c extra_float_digits=1 -c standard_conforming_strings=on -c client_min_messages=error"},
    {"client_encoding", "UTF8"},
    {"application_name", "theater"},
    {"fallback_application_name", "theater"},
    {"gssencmode", "disable"},
    {"keepalives_idle", "10"},
    {"keepalives_interval", "5"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "15000"},
};

}  // namespace

PostgresLink::PostgresLink(Options options, const host::Services& services, LinkUser& user)
    : options_(std::move(options)), services_(services), user_(user) {}

PostgresLink::~PostgresLink() {
  unwatch();
  stop_timers();
}

void PostgresLink::stop_timers() {
  for (auto* const timer : {&timer_, &attempt_}) {
    if (*timer) services_.executor.cancel(**timer);
    timer->reset();
  }
}

// Connecting.

void PostgresLink::open() {
  deadline_ = services_.clock.now() + options_.connect_max;
  timer_ = services_.executor.after(options_.connect_max, [this] {
    timer_.reset();
    fail({GuestCode::kDeadline, "", "the server did not let us in in time", 1000});
  });
  auto way = std::make_shared<std::expected<Way, host::GuestError>>();  // the worker's, then ours
  services_.workers.for_long().run([way, options = options_] { *way = find_way(options); },
                                   services_.executor,
                                   lifeline_.guard([this, way] { on_found(std::move(*way)); }));
}

/// A worker's: it may wait for files and for servers of names.
std::expected<PostgresLink::Way, host::GuestError> PostgresLink::find_way(const Options& options) {
  auto connection = options.read_connection();
  if (!connection) {
    return host::refuse(GuestCode::kInvalid, "{}", connection.error().message);
  }
  auto target = read_target(*connection, options.tls, options.tls_authorities);
  if (!target) return std::unexpected(target.error());
  Way way{*std::move(connection), *std::move(target), {std::string()}};
  if (way.target.host.empty()) return way;
  const auto addresses = options.resolve(way.target.host);
  if (!addresses) {
    return std::unexpected(
        host::GuestError{GuestCode::kUnreachable, "", addresses.error().message, 1000});
  }
  way.addresses.assign(addresses->begin(), addresses->end());
  return way;
}

void PostgresLink::on_found(std::expected<Way, host::GuestError> way) {
  if (phase_ != Phase::kNew) return;
  if (!way) return fail(way.error());
  way_ = *std::move(way);
  user_.on_link_resolved();
  try_next();
}

/// What is left of the time is shared by the addresses that are left.
void PostgresLink::try_next() {
  const std::string address = std::move(way_.addresses.front());
  way_.addresses.pop_front();
  const auto left = deadline_ - services_.clock.now();
  if (!way_.addresses.empty()) {
    const auto share = left / static_cast<std::int64_t>(way_.addresses.size() + 1);
    attempt_ = services_.executor.after(share, [this] {
      attempt_.reset();
      failed_here({GuestCode::kDeadline, "", "the server did not let us in in time", 1000});
    });
  }
  start(address);
}

/// The address that is being tried is none: the next one may be.
void PostgresLink::failed_here(host::GuestError why) {
  if (way_.addresses.empty()) return fail(std::move(why));
  unwatch();
  connection_.reset();
  if (attempt_) services_.executor.cancel(*attempt_);
  attempt_.reset();
  try_next();
}

/// A worker's: libpq reads files for what the connection string leaves open.
std::shared_ptr<PGconn> PostgresLink::begin_connection(const Way& way, const std::string& address) {
  std::vector<const char*> keys{"dbname"}, values{way.connection.c_str()};
  const auto add = [&](const char* key, const std::string& value) {
    if (value.empty()) return;
    keys.push_back(key);
    values.push_back(value.c_str());
  };
  for (const auto& [key, value] : kSettings) {
    keys.push_back(key);
    values.push_back(value);
  }
  add("hostaddr", address);
  add("sslmode", way.target.sslmode);
  add("sslrootcert", way.target.authorities);
  keys.push_back(nullptr);
  values.push_back(nullptr);
  return {PQconnectStartParams(keys.data(), values.data(), 1), &PQfinish};
}

void PostgresLink::start(const std::string& address) {
  phase_ = Phase::kConnecting;
  is_reached_ = is_securing_ = false;
  auto made = std::make_shared<std::shared_ptr<PGconn>>();  // the worker's, then ours
  services_.workers.run([made, way = way_, address] { *made = begin_connection(way, address); },
                        services_.executor, lifeline_.guard([this, made, attempt = ++attempts_] {
                          if (phase_ != Phase::kConnecting || attempt != attempts_) return;
                          connection_ = std::move(*made);
                          started();
                        }));
}

void PostgresLink::started() {
  if (!connection_ || PQstatus(connection_.get()) == CONNECTION_BAD) {
    return failed_here(connection_error(connection_.get(), GuestCode::kUnreachable));
  }
  PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
  watch(Readiness::kWrite);  // as libpq wants it before the first poll
}

/// One step: it waits for nobody, but may read files and compute. Until it is made the connection
/// is the worker's.
void PostgresLink::connect_on() {
  unwatch();  // the socket may be another one after this step
  auto status = std::make_shared<PostgresPollingStatusType>();  // the worker's, then ours
  services_.workers.run(
      [status, connection = connection_] { *status = PQconnectPoll(connection.get()); },
      services_.executor, lifeline_.guard([this, status, tried = connection_] {
        if (tried == connection_) connected_so_far(*status);
      }));
}

void PostgresLink::connected_so_far(PostgresPollingStatusType status) {
  switch (status) {
    case PGRES_POLLING_READING:
      is_reached_ = PQstatus(connection_.get()) != CONNECTION_STARTED;
      is_securing_ = PQstatus(connection_.get()) == CONNECTION_SSL_STARTUP;
      return watch(Readiness::kRead);
    case PGRES_POLLING_WRITING:
      is_reached_ = PQstatus(connection_.get()) != CONNECTION_STARTED;
      is_securing_ = PQstatus(connection_.get()) == CONNECTION_SSL_STARTUP;
      return watch(Readiness::kWrite);
    case PGRES_POLLING_OK:
      return opened();
    default:
      break;
  }
  const GuestCode code = is_securing_ ? GuestCode::kTls : GuestCode::kUnreachable;
  host::GuestError why = connection_error(connection_.get(), code);
  // A server that has answered is the one: another address would have it asked twice.
  is_reached_ ? fail(std::move(why)) : failed_here(std::move(why));
}

void PostgresLink::opened() {
  stop_timers();
  if (PQsetnonblocking(connection_.get(), 1) != 0 || PQenterPipelineMode(connection_.get()) == 0) {
    return fail(connection_error(connection_.get(), GuestCode::kInternal));
  }
  // A notice is a whole message, too.
  const auto on_notice = [](void* self, const char*) {
    static_cast<PostgresLink*>(self)->unread_ = 0;
  };
  PQsetNoticeProcessor(connection_.get(), on_notice, this);
  phase_ = Phase::kOpen;
  watch(Readiness::kRead);  // its end is seen although nothing is asked of it
  user_.on_link_open();
}

// Commands.

void PostgresLink::send(const std::string& sql, const PostgresParams& params, End end) {
  CHECK(phase_ == Phase::kOpen && !is_cancelling_, "a run follows a run");
  PGconn* const connection = connection_.get();
  const int sent = PQsendQueryParams(connection, sql.c_str(), params.count(), params.types(),
                                     params.values(), params.lengths(), params.formats(), 0);
  sent_.push_back(end);
  const bool is_first = sent_.size() == 1;
  if (sent == 0 || (is_first && PQsetSingleRowMode(connection) == 0)) return break_later();
  if (end == End::kNow && PQpipelineSync(connection) == 0) break_later();
}

void PostgresLink::dispatch() {
  if (phase_ == Phase::kOpen) flush();
}

void PostgresLink::break_later() {
  services_.executor.post(lifeline_.guard(
      [this] { fail(connection_error(connection_.get(), GuestCode::kUnreachable)); }));
}

/// False: it broke; told later.
bool PostgresLink::flush() {
  const int left = PQflush(connection_.get());
  if (left < 0) {
    break_later();
    return false;
  }
  is_unsent_ = left > 0;
  watch_as_wanted();
  return true;
}

void PostgresLink::watch_as_wanted() {
  watch((is_unsent_ ? Readiness::kWrite : Readiness::kNone) |
        (is_held_ || is_resting_ ? Readiness::kNone : Readiness::kRead));
}

void PostgresLink::go_on() {
  if (!std::exchange(is_held_, false)) return;
  watch_as_wanted();
  // What libpq has read already makes no socket ready.
  services_.executor.post(lifeline_.guard([this] {
    if (phase_ == Phase::kOpen && !is_held_) read_results();
  }));
}

void PostgresLink::cancel() {
  if (phase_ != Phase::kOpen || is_cancelling_ || sent_.empty()) return;
  struct FreeCancel {
    void operator()(PGcancel* cancel) const { PQfreeCancel(cancel); }
  };
  std::shared_ptr<PGcancel> request(PQgetCancel(connection_.get()), FreeCancel());  // the worker's
  if (!request) return;
  is_cancelling_ = true;
  services_.workers.for_long().run(
      [request] {
        char why[256];
        PQcancel(request.get(), why, sizeof why);  // if it fails, the drain's deadline ends it
      },
      services_.executor, lifeline_.guard([this] {
        is_cancelling_ = false;
        if (phase_ == Phase::kOpen && sent_.empty()) user_.on_link_result(nullptr);
      }));
  go_on();
}

void PostgresLink::on_ready(int, Readiness ready) {
  if (phase_ == Phase::kConnecting) return connect_on();
  if (phase_ != Phase::kOpen) return;
  if (has(ready, Readiness::kWrite) && !flush()) return;
  if (has(ready, Readiness::kRead)) receive();
}

/// What the socket holds; with TLS, of its records.
std::uint64_t PostgresLink::waiting_bytes() const {
  int waiting = 0;
  const bool is_known = ::ioctl(PQsocket(connection_.get()), FIONREAD, &waiting) == 0;
  return is_known ? static_cast<std::uint64_t>(waiting) : 0;
}

/// False: this is gone. libpq tells nobody how long a message is before it has all of it, so what
/// has come of it is counted, before libpq takes more; of a server that writes as fast as it is
/// read that may be all there is.
bool PostgresLink::count_unread() {
  if (unread_ > options_.message_max) {
    fail({GuestCode::kTooLarge, "",
          fmt::format("a message of the server is longer than {} bytes", options_.message_max),
          std::nullopt});
    return false;
  }
  const std::uint64_t waiting = waiting_bytes();
  unread_ += waiting - std::min(waiting, left_);
  return true;
}

void PostgresLink::receive() {
  if (!count_unread()) return;
  if (PQconsumeInput(connection_.get()) == 0) {
    return fail(connection_error(connection_.get(), GuestCode::kUnreachable));
  }
  left_ = waiting_bytes();
  take();
}

void PostgresLink::take() {
  if (read_notices()) read_results();
}

/// What libpq has read is left to another task, and so is what it has not read.
void PostgresLink::rest() {
  if (std::exchange(is_resting_, true)) return;
  watch_as_wanted();
  services_.executor.post(lifeline_.guard([this] {
    is_resting_ = false;
    if (phase_ != Phase::kOpen) return;
    watch_as_wanted();
    take();
  }));
}

/// False: this is gone.
bool PostgresLink::read_notices() {
  const auto guard = std::weak_ptr(alive_);
  for (std::size_t taken = 0; taken < kNoticesAtOnce; ++taken) {
    const std::unique_ptr<PGnotify, decltype(&PQfreemem)> notice(PQnotifies(connection_.get()),
                                                                 &PQfreemem);
    if (!notice) return true;
    unread_ = 0;
    user_.on_link_notified(notice->relname, notice->extra);
    if (guard.expired()) return false;
  }
  rest();
  return true;
}

/// False: this is gone.
bool PostgresLink::end_command() {
  const auto guard = std::weak_ptr(alive_);
  sent_.pop_front();
  // The last one ends once a cancel is over.
  if (!sent_.empty() || !is_cancelling_) user_.on_link_result(nullptr);
  return !guard.expired();
}

void PostgresLink::read_results() {
  const auto guard = std::weak_ptr(alive_);
  std::size_t taken = 0, bytes = 0;
  while (!sent_.empty() && !is_held_ && PQisBusy(connection_.get()) == 0) {
    if (++taken > kResultsAtOnce || bytes >= kResultBytesAtOnce) return rest();
    const PostgresResult result(PQgetResult(connection_.get()));
    if (result) unread_ = 0;
    bytes += PQresultMemorySize(result.get());
    const bool is_end = result && PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC;
    if (!result || is_end) {
      PQsetSingleRowMode(connection_.get());  // of the next command; refused if that is an end
      const bool has_ended = is_end == (sent_.front() == End::kNow);
      if (has_ended && !end_command()) return;
      continue;
    }
    const bool goes_on = user_.on_link_result(result.get());
    if (guard.expired()) return;
    if (goes_on) continue;
    is_held_ = true;
    watch_as_wanted();
  }
}

// The socket.

void PostgresLink::watch(Readiness wanted) {
  const int descriptor = PQsocket(connection_.get());
  if (watched_ != descriptor) unwatch();
  const Status watched = services_.descriptors.watch(descriptor, wanted, *this);
  if (watched) {
    watched_ = descriptor;
    return;
  }
  services_.executor.post(lifeline_.guard(
      [this, message = watched.error().message] { fail({GuestCode::kIo, "", message, 1000}); }));
}

void PostgresLink::unwatch() {
  if (watched_ >= 0) services_.descriptors.unwatch(watched_);
  watched_ = -1;
}

void PostgresLink::fail(host::GuestError why) {
  if (phase_ == Phase::kFailed) return;
  phase_ = Phase::kFailed;
  unwatch();
  stop_timers();
  connection_.reset();
  user_.on_link_failed(why);
}

}  // namespace theater::hosts::database
