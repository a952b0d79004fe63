// PostgresLink: a connection to a PostgreSQL server, from its name to a clean session, without ever
// waiting for it.
#pragma once

#include <libpq-fe.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/family.h"
#include "hosts/database/postgres_options.h"
#include "hosts/database/postgres_values.h"
#include "io/lifeline.h"

namespace theater::hosts::database {

/// Whoever owns a link. Called from tasks of the shard; may destroy the link in any of them.
class LinkUser {
 public:
  virtual void on_link_resolved() = 0;
  virtual void on_link_open() = 0;
  /// It could not be made, or broke. No other call follows.
  virtual void on_link_failed(const host::GuestError& why) = 0;
  /// A result of the oldest command under way; nullptr: that command has ended. False: read no more
  /// until go_on().
  virtual bool on_link_result(PGresult* result) = 0;
  virtual void on_link_notified(std::string_view channel, std::string_view what) = 0;

 protected:
  ~LinkUser() = default;
};

/// On its shard. The connection string is read, names are resolved, and cancels sent, by workers:
/// all may block. So are the steps of connecting made, which read files and compute; no worker
/// waits for a server. What the server has sent is taken some in each task. The addresses of a name
/// are tried in turn, each for its share of the time that is left. libpq keeps a message until it
/// is whole: what sends too long a one is let go of, before it is here. Destruction closes it.
class PostgresLink final : private io::DescriptorUser {
 public:
  struct Options {
    std::function<Result<std::string>()> read_connection;  // as libpq takes it; called by a worker
    Nanoseconds connect_max{0};
    std::uint64_t message_max = 0;  // bytes of one message of the server: too-large
    std::optional<PostgresTls> tls;
    std::string tls_authorities;
    Result<std::vector<std::string>> (*resolve)(const std::string& host) = &resolve_all;
  };
  PostgresLink(Options options, const host::Services& services, LinkUser& user);
  ~PostgresLink();
  PostgresLink(const PostgresLink&) = delete;
  PostgresLink& operator=(const PostgresLink&) = delete;

  void open();
  /// kNow: what was sent so far is one transaction, unless it says otherwise; the command has ended
  /// when that is committed or undone.
  enum class End : std::uint8_t { kLater, kNow };
  /// Adds a command to those under way, which are done in turn; their results come one row at a
  /// time. If one fails, the others up to the next end are skipped. The last one of a run has
  /// End::kNow, and dispatch() sends the run. No other is sent before all have ended.
  void send(const std::string& sql, const PostgresParams& params, End end);
  void dispatch();
  /// Asks the server to end the command it is at. The last of the run ends when that has been
  /// asked.
  void cancel();
  /// Reads again after on_link_result answered false.
  void go_on();

 private:
  enum class Phase : std::uint8_t { kNew, kConnecting, kOpen, kFailed };

  void on_ready(int descriptor, io::Readiness ready) override;
  /// To the server, as the connection string has it.
  struct Way {
    std::string connection;
    PostgresTarget target;
    std::deque<std::string> addresses;  // not tried yet; "": libpq knows where
  };
  static std::expected<Way, host::GuestError> find_way(const Options& options);
  void on_found(std::expected<Way, host::GuestError> way);
  static std::shared_ptr<PGconn> begin_connection(const Way& way, const std::string& address);
  void try_next();
  void start(const std::string& address);
  void started();
  void connect_on();
  void connected_so_far(PostgresPollingStatusType status);
  void failed_here(host::GuestError why);
  void opened();
  void stop_timers();
  void receive();
  void take();
  void rest();
  bool count_unread();
  std::uint64_t waiting_bytes() const;
  void read_results();
  bool end_command();
  bool read_notices();
  void break_later();
  bool flush();
  void watch(io::Readiness wanted);
  void watch_as_wanted();
  void unwatch();
  void fail(host::GuestError why);

  const Options options_;
  const host::Services services_;
  LinkUser& user_;
  Way way_;
  std::shared_ptr<PGconn> connection_;  // also the worker's that makes a step of connecting
  Phase phase_ = Phase::kNew;
  int watched_ = -1;
  std::uint64_t unread_ = 0;                    // bytes that have come since the last whole message
  std::uint64_t left_ = 0;                      // of them, what libpq left in the socket
  MonotonicTime deadline_;                      // of connecting
  std::optional<io::TimerId> timer_, attempt_;  // of all, of one address
  std::uint64_t attempts_ = 0;                  // addresses that were tried
  std::deque<End> sent_;                        // the commands under way
  bool is_reached_ = false;   // the address that is tried has taken the connection,
  bool is_securing_ = false;  // and TLS has begun
  bool is_held_ = false;      // the user wants no more for now
  bool is_resting_ = false;   // the rest is taken by another task
  bool is_unsent_ = false;    // some of what was sent waits for the socket
  bool is_cancelling_ = false;
  std::shared_ptr<bool> alive_ =
      std::make_shared<bool>(true);  // watched by loops that call the user
  io::Lifeline lifeline_;
};

}  // namespace theater::hosts::database
