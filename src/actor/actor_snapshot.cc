// Actor::Core between two invocations: snapshots of its state.
#include <utility>

#include "actor/actor_core.h"
#include "base/probe.h"
#include "store/snapshot.h"

namespace theater::actor {

void Actor::Core::take_snapshot() {
  // Parcels are in no snapshot: they are known from the events that a restart would not read.
  if (snapshots_ == nullptr || !parcels_.empty() ||
      !store::SnapshotStore::is_due(state_.bytes().size(), delta_bytes_, events_since_snapshot())) {
    return;
  }
  // Nor are effects that wait for the disk: no family knows of them yet, and a restart would not
  // read the commits that they came from.
  if (families_.has_pending()) {
    PROBE("actor: a snapshot waits for the gate");
    families_.tell_when_released();
    return;
  }
  // Of two whose events wait for the disk a power cut may leave neither, and the files of the one
  // before them would be gone.
  if (snapshot_lsn_ > shard_.ports().log.durable()) return;
  if (work_) memory_.next_id = work_->invocation.next_id();
  const Seq last{journal_.chain().head().next.value - 1};
  write_snapshot(last, save_actor_part(memory_, families_));
}

/// On the worker, if there is one. It gets a copy of the state: a kill does not wait for it.
void Actor::Core::write_snapshot(Seq last, Bytes part) {
  const ShardPorts& ports = shard_.ports();
  if (ports.worker == nullptr) {
    record_snapshot(snapshots_->write(identity_.id, last, state_, part));
    return;
  }
  is_snapshotting_ = true;
  if (!alive_) alive_ = std::make_shared<bool>(true);
  ports.worker->post([this, &snapshots = *snapshots_, &executor = ports.executor,
                      actor = identity_.id, last, state = state_, saved = std::move(part),
                      alive = std::weak_ptr(alive_)] {
    executor.post([this, alive, body = snapshots.write(actor, last, state, saved)] {
      if (alive.expired() || is_ended()) return;
      is_snapshotting_ = false;
      record_snapshot(body);
      shard_.run_queue().add(*this);
    });
  });
}

void Actor::Core::record_snapshot(const Result<chain::SnapshotBody>& body) {
  delta_bytes_ = 0;
  events_at_snapshot_ = journal_.chain().head().next.value;
  if (!body) {
    PROBE("actor: a snapshot could not be written");
    return;  // the snapshot before serves; tried again when the next is due
  }
  EventDraft draft;
  draft.kind = chain::Kind::kSnapshot;
  draft.body = *body;
  draft.state_root = state_.root();
  const auto appended = journal_.append(draft);
  if (!appended) {
    fault(appended.error());
    return;
  }
  snapshot_lsn_ = appended->lsn;
  drop_instance(chain::ActivateReason::kEvicted);
}

}  // namespace theater::actor
