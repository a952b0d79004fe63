// Actor: one sandbox with a mailbox, its state and its chain.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actor/host_port.h"
#include "actor/manifest.h"
#include "actor/program.h"
#include "actor/shard.h"
#include "base/ids.h"
#include "base/result.h"
#include "store/actor_history.h"

namespace theater::actor {

enum class Phase : std::uint8_t {
  kStarting,  // init, migrate or the redelivery of unfinished inputs is under way
  kRunning,
  kRestarting,  // waits out its back-off
  kStopping,
  kStopped,
  kFailed,  // stopped by its own fault: init failed, or on_error said stop
};

/// The lower-case word: "running".
std::string_view phase_name(Phase phase);

/// A picture for people, taken between two invocations.
struct ActorStatus {
  Identity identity;
  Phase phase = Phase::kStarting;
  Seq next_seq;
  Digest head;   // leaf hash of the last event (zeros before genesis)
  Lsn head_lsn;  // durable when LogWriter::durable() has reached it
  Digest state_root;
  std::uint64_t state_bytes = 0;
  std::uint64_t log_bytes = 0;  // of its events in the log
  std::uint64_t invocations = 0, commits = 0, failures = 0, restarts = 0;
  bool has_instance = false;
  std::string last_error;  // of the last failed invocation
  Census census;
};

/// An invocation that failed, as people are told of it.
struct FailedInvocation {
  Seq seq;  // of its trap
  const ExportTarget& target;
  std::string_view text;
};

/// A manifest, shared by all actors made from it.
struct SharedManifest : std::shared_ptr<const Manifest> {
  SharedManifest(std::shared_ptr<const Manifest> manifest) : shared_ptr(std::move(manifest)) {}
  SharedManifest(Manifest manifest)
      : shared_ptr(std::make_shared<const Manifest>(std::move(manifest))) {}
};

/// What an actor is made of. Handed over at its making; the families and snapshots are borrowed,
/// the callbacks are called on its shard.
struct ActorSetup {
  SharedManifest manifest;
  std::shared_ptr<const Program> program;
  const FamilySet& families;                  // outlives the actor
  store::SnapshotStore* snapshots = nullptr;  // outlives the actor; nullptr: no snapshots
  Digest determinism_profile;                 // recorded in genesis
  std::optional<Salt> genesis_nonce;          // nothing: random
  /// Called once on the shard when the actor is running, or could not start. May be empty.
  std::move_only_function<void(Status)> on_started;
  /// Called on the shard after each invocation that failed. May be empty.
  std::move_only_function<void(const FailedInvocation&)> on_failure;
  /// Called once on the shard when the actor has used up its log (limits.log_max): it takes nothing
  /// new for as long as it lives. May be empty.
  std::move_only_function<void()> on_log_spent;
  /// Called once on the shard when the phase becomes kStopped or kFailed; the owner may destroy
  /// the actor from a task posted by it, not inside the call. May be empty.
  std::move_only_function<void()> on_ended;
};

/// Owned by its node on one shard; every member is called on that shard's thread. It runs one
/// invocation at a time (SEQ-1), from the shard's run queue, when a family's EventSource has
/// events. It ends by stop(), by its guest's wish or by its own fault; then its families hold
/// nothing (END-1) and its last output has left. It is destroyed only when it has ended and
/// `may_destroy()`, or when the log has failed.
class Actor {
 public:
  /// A new actor: its genesis and lifecycle(start) are appended, its families are open, its init
  /// is queued. Fails with one sentence (grant, address in use, ...) having released everything.
  static Result<std::unique_ptr<Actor>> create(Shard& shard, ActorSetup setup);
  /// An actor with a past: state, ids and families come from `image`; an invocation without an
  /// end is closed by trap(interrupted) and its inputs are delivered again. A manifest or component
  /// that differs from the recorded one becomes an `upgrade`.
  static Result<std::unique_ptr<Actor>> open(Shard& shard, ActorSetup setup,
                                             store::ActorImage image);
  ~Actor();
  Actor(const Actor&) = delete;
  Actor& operator=(const Actor&) = delete;

  const Identity& identity() const;
  ActorStatus status() const;
  /// What it counts, taken between two slices of an invocation.
  ActorFigures measure() const;
  ByteSpan state() const;
  /// Appends the operations whose last event was not handled yet, then what the guest waits for.
  void list_operations(std::vector<OperationView>& views) const;
  /// Appends the first requests of each family, up to `most`, that wait for the actor; answers how
  /// many there are beside them.
  std::size_t list_requests(std::vector<RequestView>& views, std::size_t most) const;
  /// Refuses new events, closes resources, ends what is under way; after the grace (5 s) it is
  /// killed. on_ended tells the end. Idempotent. Peers are told `reason` where that can be said.
  void stop(EndReason reason = EndReason::kStop);
  /// As stop(), at once: an invocation under way ends in trap(interrupted).
  void kill();
  /// Drops the instance, if idle; the next invocation activates a new one.
  void evict();
  bool may_destroy() const;

 private:
  class Core;
  explicit Actor(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace theater::actor
