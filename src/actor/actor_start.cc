// Actor::Core starting: a new actor, or one with a past.

#include "actor/actor_core.h"
#include "actor/limits.h"
#include "base/check.h"
#include "base/probe.h"
#include "wasm/binary_writer.h"

namespace theater::actor {

Actor::Core::Core(Shard& shard, ActorSetup setup, const Origin& origin)
    : shard_(shard),
      manifest_(std::move(setup.manifest)),
      program_(std::move(setup.program)),
      snapshots_(setup.snapshots),
      on_failure_(std::move(setup.on_failure)),
      on_log_spent_(std::move(setup.on_log_spent)),
      on_ended_(std::move(setup.on_ended)),
      beginning_(
          std::make_unique<Beginning>(setup.determinism_profile, std::move(setup.on_started))),
      identity_(origin.identity),
      journal_(chain::ActorChain(shard.ports().log, shard.ports().index, shard.ports().clock,
                                 origin.head),
               shard.salts(), shard.record_builder(), shard.ports().log),
      families_(setup.families, shard.gate()) {
  journal_.bound_undurable(shard.undurable_bytes_max());
  const std::uint64_t log_max = manifest().limits.log_max;
  if (log_max != kNoLogMax) journal_.bound_calls(log_max + kLogOverrunBytesMax);
}

Actor::Core::~Core() {
  if (!is_ended()) {  // the node ends without a log, or a start failed
    families_.stop(StopMode::kKill);
    shard_.run_queue().remove(*this);
    cancel(idle_timer_);
    cancel(backoff_timer_);
    cancel(grace_timer_);
    cancel(retry_timer_);
  }
}

Status Actor::Core::start_new(const chain::GenesisBody& genesis, const Salt& manifest_salt) {
  TRY_OK(families_.create(manifest(), *this));
  TRY_OK(make_instance());      // a component whose start function traps is refused here,
  TRY_OK(families_.recover());  // an address in use here: before anything is recorded
  if (is_ended()) return std::unexpected(*trouble().fault);
  const std::string text = manifest().recorded_text();
  TRY_OK(journal_.append_origin({chain::Kind::kGenesis, genesis, manifest_salt, as_bytes(text)}));
  return begin_work();
}

Status Actor::Core::begin_work() {
  TRY_OK(record_lifecycle(chain::LifecycleStep::kStart, 0));
  TRY_OK(record_activation());
  if (!memory_.is_initialized) queue_init();
  shard_.run_queue().add(*this);
  return {};
}

void Actor::Core::queue_init() {
  Parcel parcel;
  parcel.target = &program().init();
  wasm::BinaryWriter(parcel.inputs.buffer()).bytes(manifest().params);
  parcel.inputs.end_event();
  parcels_.push_front(std::move(parcel));
}

Status Actor::Core::start_again(store::ActorImage image) {
  TRY_OK(families_.create(manifest(), *this));
  TRY(Restored restored, fold(image));
  memory_ = restored;
  parcels_ = std::move(restored.parcels);
  events_at_snapshot_ = image.snapshot ? image.snapshot->seq.value : 0;
  for (const store::StoredEvent& event : image.events) {
    if (event.delta) delta_bytes_ += event.delta->size();
  }
  next_activation_ = chain::ActivateReason::kRestarted;
  TRY_OK(make_instance());
  TRY_OK(families_.recover());
  if (is_ended()) return std::unexpected(*trouble().fault);  // a family's record failed
  if (restored.unfinished) {
    PROBE("actor: an invocation was cut off");
    TRY_OK(work_->invocation.close_unfinished(*restored.unfinished));
  }
  if (!restored.stopped_cleanly) TRY_OK(record_lifecycle(chain::LifecycleStep::kCrash, 0));
  TRY_OK(record_upgrade(image.summary));
  queue_migration();
  return begin_work();
}

Result<Restored> Actor::Core::fold(store::ActorImage& image) {
  state_ = std::move(image.state);
  HistoryFold history(program(), families_);
  if (image.snapshot) {
    PROBE("actor: restored from a snapshot");
    TRY_OK(history.load(image.snapshot->actor_part));
  }
  for (const store::StoredEvent& event : image.events) TRY_OK(history.add(event));
  return history.finish();
}

Status Actor::Core::record_upgrade(const store::ActorSummary& summary) {
  const std::string text = manifest().recorded_text();
  if (summary.current.component == identity_.component && as_text(summary.manifest) == text) {
    return {};
  }
  PROBE("actor: upgraded");
  const Salt salt = shard_.salts().next();
  chain::GenesisBody body = summary.genesis;
  body.component = identity_.component;
  body.world = program().world();
  body.profile = beginning_->determinism_profile;
  body.manifest = chain::commit_payload(salt, as_bytes(text), hint_of(wasm::Kind::kString));
  body.mode = manifest().instance;
  TRY_OK(journal_.append_origin({chain::Kind::kUpgrade, body, salt, as_bytes(text)}));
  next_activation_ = chain::ActivateReason::kUpgraded;
  return {};
}

/// The state was written by another component: the new one converts it before anything else.
void Actor::Core::queue_migration() {
  if (!memory_.is_initialized || memory_.state_component == identity_.component ||
      program().migrate() == nullptr) {
    return;
  }
  Parcel parcel;
  parcel.target = program().migrate();
  wasm::BinaryWriter(parcel.inputs.buffer()).string(memory_.state_component.hex());
  parcel.inputs.end_event();
  parcels_.push_front(std::move(parcel));
}

}  // namespace theater::actor
