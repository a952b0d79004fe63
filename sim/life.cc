// Life: wiring without threads.
#include "sim/life.h"

#include <algorithm>

#include "chain/hash.h"
#include "node/names.h"

namespace theater::sim {
namespace {

constexpr std::uint64_t kFarAway = UINT64_MAX / 2;  // an lsn that no log reaches

}  // namespace

Result<std::unique_ptr<Life>> Life::start(const Setup& setup) {
  std::unique_ptr<Life> life(new Life(setup));
  TRY_OK(life->open());
  return life;
}

Life::~Life() {
  members_.clear();
  shards_.clear();
}

Status Life::open() {
  store::NodeStoreOptions options;
  options.log = setup_.plan.log;
  options.log.shards = setup_.plan.shards + 1;
  options.node_shard = {setup_.plan.shards};
  options.index_bytes = setup_.plan.index_bytes;
  TRY(store_, store::NodeStore::open(setup_.files, std::string(kDataRoot), options, setup_.clock,
                                     setup_.random));
  TRY_OK(store_->components().put(setup_.stage.component()));
  for (std::size_t i = 0; i < setup_.plan.shards; ++i) {
    auto parts = std::make_unique<ShardParts>(setup_.clock);
    parts->services = std::make_unique<host::Services>(
        host::Services{parts->executor, setup_.clock, setup_.random, network_, parts->resolver,
                       workers_, descriptors_, guest_log_});
    parts->shard = std::make_unique<actor::Shard>(
        actor::ShardPorts{.executor = parts->executor,
                          .clock = setup_.clock,
                          .random = setup_.random,
                          .log = store_->log(),
                          .index = {i},
                          .log_queue_bytes = options.log.shard_queue_bytes});
    shards_.push_back(std::move(parts));
  }
  members_.resize(setup_.plan.actors.size());
  for (std::size_t i = 0; i < members_.size(); ++i) TRY_OK(open_actor(i));
  return {};
}

Status Life::open_actor(std::size_t index) {
  const ActorPlan& plan = setup_.plan.actors[index];
  ShardParts& parts = *shards_[plan.shard];
  Witness& witness = setup_.witnesses[index];
  Member& member = members_[index];
  const auto* past = node::find_by_name(store_->history(), plan.name);
  witness.lives.push_back({past ? past->head.next : Seq{0}, {}, {}, {}, 0});
  const Watch watch{witness, setup_.trouble, setup_.observer};
  member.families = std::make_unique<SimFamilies>(
      SimFamilies::Setup{setup_.stage, *parts.services, watch, *this, setup_.chance});
  TRY(auto manifest, actor::parse_manifest(plan.manifest, plan.name + ".toml", "/", {}));
  if (!setup_.trouble.is_planted(Bug::kIgnoredQuota)) manifest.limits.log_max = plan.log_max;
  actor::ActorSetup setup{
      .manifest = std::move(manifest),
      .program = setup_.stage.program(),
      .families = *member.families,
      .snapshots = &store_->snapshots(),
      .determinism_profile = chain::sha256(as_bytes(setup_.stage.engine().determinism_profile()))};
  setup.on_started = [&member](const Status&) { ++member.starts_told; };
  setup.on_ended = [&member] { member.has_ended = true; };
  if (past == nullptr) {
    TRY(member.actor, actor::Actor::create(*parts.shard, std::move(setup)));
  } else {
    TRY(auto image, store_->history().take_image(past->actor));
    TRY(member.actor, actor::Actor::open(*parts.shard, std::move(setup), std::move(image)));
  }
  witness.id = member.actor->identity().id;
  return {};
}

bool Life::run_task(std::size_t shard) {
  ShardParts& parts = *shards_[shard];
  const bool ran = parts.executor.step();
  if (ran && setup_.trouble.strikes(Bug::kEarlyOutput)) parts.shard->gate().open_to({kFarAway});
  return ran;
}

bool Life::run_timer(std::size_t shard) { return shards_[shard]->executor.step_timer(); }

std::optional<Nanoseconds> Life::next_timer() const {
  std::optional<Nanoseconds> next;
  for (const auto& parts : shards_) {
    const Nanoseconds one = parts->executor.next_timer();
    if (one >= Nanoseconds(0) && (!next || one < *next)) next = one;
  }
  return next;
}

bool Life::is_held_up(std::size_t index) const {
  if (has_ended(index)) return false;
  const actor::ActorStatus status = members_[index].actor->status();
  return status.phase == actor::Phase::kRunning &&
         status.log_bytes >= setup_.plan.actors[index].log_max;
}

bool Life::all_ended() const {
  return std::ranges::all_of(members_, [](const Member& member) { return member.has_ended; });
}

Status Life::check_starts() const {
  for (const Member& member : members_) {
    if (member.starts_told == 1) continue;
    return fail(Code::kInternal, "the start of {} was told {} times, not once",
                member.actor->identity().name, member.starts_told);
  }
  return {};
}

void Life::stop_all() {
  for (Member& member : members_) member.actor->stop();
}

Status Life::finish() {
  TRY_OK(check_starts());
  for (Member& member : members_) {
    const actor::ActorStatus status = member.actor->status();
    if (!status.census.is_empty()) {
      return fail(Code::kInternal, "END-1: {} ended and holds something", status.identity.name);
    }
    if (!member.actor->may_destroy()) {
      return fail(Code::kInternal, "END-1: outputs of {} never left", status.identity.name);
    }
    member.actor.reset();
  }
  for (const auto& parts : shards_) {
    parts->executor.run();
    if (parts->executor.timer_count() > 0) {
      return fail(Code::kInternal, "END-1: {} timers are left", parts->executor.timer_count());
    }
  }
  chain::RecordDraft draft;
  draft.kind = chain::Kind::kLifecycle;
  draft.body = chain::LifecycleBody{chain::LifecycleStep::kStop, 0};
  TRY_OK(store_->node_chain().append(draft));
  return store_->log().stop();
}

/// Other threads go on while a guest runs: the log's, and the clock of the engine.
void Life::on_host_call() {
  if (setup_.chance.one_in(4)) store_->log().step();
  if (setup_.chance.one_in(4)) pass_time();
}

void Life::pass_time() {
  for (std::uint64_t i = 0; i <= wasm::Engine::kTicksPerSlice; ++i) setup_.stage.engine().tick();
}

}  // namespace theater::sim
