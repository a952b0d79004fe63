// ActorReplayer: one actor's events, run again one after another.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "actor/invocation.h"
#include "actor/manifest.h"
#include "actor/program.h"
#include "replay/recorded_run.h"
#include "replay/replay.h"
#include "store/state_tree.h"
#include "wasm/instance.h"

namespace theater::replay {

/// Components by digest, loaded once for all actors; the types of what is recorded.
class Programs {
 public:
  Programs(const ReplayWorld& world, const std::optional<Bytes>& override);
  const EventTypes& types() const { return types_; }
  Result<std::shared_ptr<const actor::Program>> load(const Digest& component,
                                                     const actor::Manifest& manifest);

 private:
  Result<std::shared_ptr<const wasm::Component>> component(const Digest& digest);
  const ReplayWorld& world_;
  const std::optional<Bytes>& override_;
  EventTypes types_;
  std::map<Digest, std::shared_ptr<const wasm::Component>> components_;
};

/// Fed with every event of one actor, in order, from genesis on. Runs those after the snapshot it
/// begins at, or all. One thread.
class ActorReplayer {
 public:
  ActorReplayer(const ReplayWorld& world, Programs& programs);

  /// Before the first event: the state to begin with. Without a snapshot in it, genesis.
  Status begin_at(store::FoundSnapshot found);
  /// After a divergence further events are ignored. An error: the history cannot be replayed; the
  /// message says why, the caller at which event of whose chain.
  Status add(const store::StoredEvent& event);
  const ActorReplay& report() const { return report_; }

 private:
  Status compare_link(const store::StoredEvent& event);
  Status pass_over(const store::StoredEvent& event);
  Status set_program(const store::StoredEvent& event);
  Status activate();
  Status run();
  Status run_guest(const actor::ExportTarget& target);
  void skip();
  void copied(const store::StoredEvent& event);

  const ReplayWorld& world_;
  Programs& programs_;
  actor::Manifest manifest_;
  std::shared_ptr<const actor::Program> program_;
  store::StateTree state_;
  RecordedRun recorded_;
  std::optional<actor::Invocation> invocation_;
  std::unique_ptr<wasm::Instance> instance_;  // destroyed before its handler, the invocation
  actor::EventBatch inputs_{actor::BatchLimits{SIZE_MAX, SIZE_MAX}};
  Digest last_leaf_;
  bool is_open_ = false;                      // between a recv and its end
  std::optional<store::StoredEvent> origin_;  // the last genesis or upgrade that was passed over
  std::uint64_t next_id_ = 1;                 // of the snapshot
  ActorReplay report_;
};

}  // namespace theater::replay
