// database::Instance: one actor's databases.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/notices.h"
#include "host/operating.h"
#include "hosts/database/database.h"
#include "hosts/database/ledger_floor.h"

namespace theater::hosts::database {

/// One actor's, on its shard. Calls check their arguments; work begins when the gate performs it
/// (CHAIN-1). Makes no connection before it is needed.
class Instance final : public host::OperatingInstance<Instance>, public DatabaseUser {
 public:
  Instance(const host::Binding<Instance>& binding, const Grant& grant,
           const host::Context& context);
  ~Instance() override;

  // Host functions: what may be asked, and the work.
  host::Planned plan_query(std::string_view name, const Statement& statement,
                           std::uint32_t rows_per_part);
  void begin_query(host::Work& work, std::string_view name, const Statement& statement,
                   std::uint32_t rows_per_part);
  host::Wait<Answer> check_query(std::string_view name, const Statement& statement);
  void wait_query(host::Ticket& ticket, std::string_view name, const Statement& statement);
  host::Planned plan_execute(std::string_view name, const Statement& statement);
  void begin_execute(host::Work& work, std::string_view name, const Statement& statement);
  host::Planned plan_transaction(std::string_view name, Isolation isolation,
                                 const std::vector<Statement>& statements);
  void begin_transaction(host::Work& work, std::string_view name, Isolation isolation,
                         const std::vector<Statement>& statements);
  host::Planned plan_listen(std::string_view name, std::string_view channel);
  void begin_listen(host::Work& work, std::string_view name, std::string_view channel);

  void abort(OperationId id) override;
  Bytes write_end(OperationId id, const host::GuestError& why) override;
  void on_credit(OperationId id) override;
  void on_wait_over(std::uint64_t ticket) override;
  void settle(actor::Settlement settlement) override;
  void stop(actor::StopMode mode) override;
  actor::Census census() const override;
  void measure(actor::Figures& figures) const override;

 private:
  using Databases = std::map<std::string, std::unique_ptr<Database>, std::less<>>;

  std::expected<Database*, host::GuestError> find(std::string_view name) const;
  host::Outcome check_statement(const Statement& statement) const;
  host::Planned plan_write(std::string_view name, const std::vector<Statement>& statements);
  std::shared_ptr<Job> make_job(JobId id, const Database& database,
                                std::vector<Statement> statements) const;
  void submit(Database& database, std::shared_ptr<Job> job);
  void begin_write(const host::Work& work, std::string_view name, Isolation isolation,
                   std::vector<Statement> statements);
  void forget(JobId job);
  bool on_part(JobId job, ByteSpan rows) override;
  void on_job_ended(JobId job, JobResult result) override;
  void end_operation(OperationId id, const JobResult& result);
  void end_wait(std::uint64_t ticket, JobResult result);
  void on_listening(JobId job) override;
  void on_notified(JobId job, std::string_view what) override;
  void deliver_notices(JobId job, host::Notices& notices);
  void record_gap(const host::Notices& notices);

  actor::ActorPort& actor_;
  Databases databases_;
  std::map<JobId, Database*> jobs_;  // of both kinds, and what listens
  /// Rows the guest has no credit for, and the end that follows them.
  struct Held {
    Bytes event;
    std::size_t bytes = 0;
    std::optional<JobResult> end;
  };
  std::map<JobId, Held> held_;
  std::map<JobId, host::Notices> notices_;
  LedgerFloor floor_;
};

}  // namespace theater::hosts::database
