// Watch: the edge of one watched tree, from the kernel's signals to the actor's events.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actor/host_port.h"
#include "host/family.h"
#include "hosts/file_watch/hints.h"
#include "hosts/file_watch/limits.h"
#include "hosts/file_watch/machine.h"
#include "hosts/file_watch/picture.h"
#include "io/descriptors.h"
#include "io/lifeline.h"
#include "io/workers.h"

namespace theater::hosts::file_watch {

/// What a watch tells. Called on the shard, never from inside a call of the watch.
class WatchUser {
 public:
  /// Queues an event; false: there is no room, the watch tells a rescan instead.
  virtual bool tell(OperationId id, ByteSpan event) = 0;
  /// Queues the rescan event, for which room is promised.
  virtual void tell_rescan(OperationId id) = 0;
  virtual void tell_end(OperationId id, const Error& why) = 0;

 protected:
  ~WatchUser() = default;
};

/// One watch of one actor, on its shard. The tree is opened, read and looked at by workers, one
/// task at a time; signals are read here and wait for the end of their window. Ends by stop(), or
/// by itself with tell_end.
class Watch final : private io::DescriptorUser {
 public:
  struct Target {
    OperationId id;
    std::shared_ptr<const TreeOpener>
        opener;         // the grant's; shared with workers, which may be late
    std::string below;  // the directory, from the granted root
    std::string shown;  // the same as the guest calls it
    Depth depth = Depth::kWholeTree;
  };
  Watch(Target target, const Limits& limits, const host::Services& services, WatchUser& user);
  ~Watch();

  /// kAgain: after a restart, so that the actor is told to look again.
  enum class Start : std::uint8_t { kFirst, kAgain };
  void start(Start how);
  void stop();
  /// The actor has the rescan event.
  void on_rescan_taken();

  WatchState state() const { return machine_.state(); }
  void count(actor::Census& census) const;

  struct Counters {
    std::uint64_t signals = 0, items = 0, dropped = 0, overflows = 0, scans = 0;
    std::uint64_t directories = 0, unreadable = 0;  // as of the last look
  };
  const Counters& counters() const { return counters_; }

 private:
  struct Job;
  void on_ready(int descriptor, io::Readiness ready) override;
  void apply(WatchInput input);
  void act(WatchAction action);
  void lose_signals();
  void plan_scan();
  void scan();
  void scanned();
  void open_window();
  void examine();
  void examined();
  void tell_items();
  void fail_with(Error error);
  void close();
  void work(void (*task)(Job&), void (Watch::*then)());
  void set_timer(Nanoseconds delay, void (Watch::*then)());
  void cancel_timer();

  const Target target_;
  const Limits limits_;
  const host::Services services_;
  WatchUser& user_;
  host::Machine<kWatchTable> machine_{WatchState::kScanning};
  Hints hints_;
  std::shared_ptr<Job> job_;  // shared with the worker that uses it
  bool is_working_ = false;
  bool is_watching_ = false;       // the descriptor
  bool is_rescan_queued_ = false;  // and not taken
  std::optional<io::TimerId> timer_;
  std::optional<MonotonicTime> scanned_at_;
  WatchInput on_scanned_ = WatchInput::kScanned;
  std::optional<Error> failure_;
  std::vector<Signal> signals_;
  Counters counters_;
  io::Lifeline lifeline_;
};

}  // namespace theater::hosts::file_watch
