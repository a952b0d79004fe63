// filesystem::Instance: files of one actor's granted directories.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/operating.h"
#include "hosts/filesystem/disk.h"
#include "hosts/filesystem/grant.h"
#include "hosts/filesystem/payload.h"

namespace theater::hosts::filesystem {

/// One actor's, on its shard. Reads are waits, changes are operations, done one after another in
/// the order of their commits: one that was cancelled or is late keeps the next waiting until its
/// worker has come back. All work is done by workers; nothing is held open between calls.
class Instance final : public host::OperatingInstance<Instance> {
 public:
  Instance(const host::Binding<Instance>& binding, const Grant& grant,
           const host::Context& context);

  // Host functions: what is asked first, then what is done.
  host::Wait<host::Data> check_read(std::string_view path, std::uint64_t offset,
                                    std::uint32_t most);
  void read(host::Ticket& ticket, std::string_view path, std::uint64_t offset, std::uint32_t most);
  host::Wait<Entries> check_list(std::string_view path, std::string_view after, std::uint32_t most);
  void list(host::Ticket& ticket, std::string_view path, std::string_view after,
            std::uint32_t most);
  host::Planned check_change(actor::CallContext& context, std::string_view path,
                             const Action& action);
  void change(host::Work& work, std::string_view path, const Action& action);

  void settle(actor::Settlement settlement) override;
  Status recover() override;
  void measure(actor::Figures& figures) const override;

 private:
  using Doing = std::move_only_function<Status(const Undertaking&)>;
  /// A change that is at work, or the next one: it waits for a worker that is not back yet.
  struct Turn {
    std::shared_ptr<Undertaking> undertaking;  // shared with the worker
    Doing does;
  };

  // BookUser.
  void abort(OperationId id) override;
  Bytes write_end(OperationId id, const host::GuestError& why) override;

  std::expected<Place, host::GuestError> place(std::string_view path, Right right);
  std::optional<host::GuestError> refuse_read(std::string_view path);
  Doing doing(std::string_view path, const Action& action);
  void begin(Turn turn);
  void come_back(OperationId id, const Status& done);
  void clear_leftovers();
  void forget(OperationId id);

  const host::Services services_;
  const Grant grant_;
  std::shared_ptr<const Disk> disk_;               // shared with workers that may be late
  std::shared_ptr<Undertaking> at_work_;           // its worker is not back; it may have ended
  std::optional<Turn> next_;                       // has the slot, and waits for that
  std::map<OperationId, std::uint64_t> contents_;  // bytes of changes that are not done
  std::vector<OperationId> unsettled_;             // of the invocation under way
  std::uint64_t content_bytes_ = 0;
  std::size_t reads_ = 0;  // at work, given up ones too
  bool is_open_ = false;   // recover() is over
  struct {
    std::uint64_t read = 0, written = 0, changes = 0, denied = 0;
  } counters_;
  io::Lifeline lifeline_;
};

}  // namespace theater::hosts::filesystem
