// file_watch::Instance: the watches of one actor.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host/operating.h"
#include "hosts/file_watch/grant.h"
#include "hosts/file_watch/watch.h"

namespace theater::hosts::file_watch {

/// One actor's, on its shard. Each watch is a standing operation. Holds an inotify instance for
/// each.
class Instance final : public host::OperatingInstance<Instance>, private WatchUser {
 public:
  Instance(const host::Binding<Instance>& binding, const Grant& grant,
           const host::Context& context);

  // Host functions.
  host::Planned watch(std::string_view path, bool recursive);
  void begin(host::Work& work, std::string_view path, bool recursive);

  Status recover() override;
  void stop(actor::StopMode mode) override;
  actor::Census census() const override;
  void measure(actor::Figures& figures) const override;

 private:
  struct Entry {
    std::unique_ptr<Watch> watch;
    bool is_promised = true;  // room for its rescan event, which is not queued
  };
  using Entries = std::map<OperationId, Entry>;

  // BookUser.
  void abort(OperationId id) override;
  Bytes write_end(OperationId id, const host::GuestError& why) override;
  void on_event_taken(std::uint64_t source, std::size_t bytes) override;
  // WatchUser.
  bool tell(OperationId id, ByteSpan event) override;
  void tell_rescan(OperationId id) override;
  void tell_end(OperationId id, const Error& why) override;

  std::size_t live();
  void retire(Entries::iterator entry);

  const host::Services services_;
  const Limits limits_;
  std::map<std::string, std::shared_ptr<const TreeOpener>, std::less<>> roots_;
  Entries entries_;
  std::vector<std::unique_ptr<Watch>> retired_;  // ended within a call of their own
  Watch::Counters past_;                         // of watches that are gone
  bool is_open_ = false;                         // recover() is over
  io::Lifeline lifeline_;
};

}  // namespace theater::hosts::file_watch
