// Actor: the two ways to make one; the rest is Core's.
#include "actor/actor.h"

#include "actor/actor_core.h"
#include "chain/hash.h"

namespace theater::actor {
namespace {

Result<chain::GenesisBody> genesis_of(Shard& shard, const ActorSetup& setup,
                                      const Salt& manifest_salt) {
  const std::string text = setup.manifest->recorded_text();
  chain::GenesisBody body;
  body.component = setup.program->component().digest();
  body.world = setup.program->world();
  body.profile = setup.determinism_profile;
  body.manifest =
      chain::commit_payload(manifest_salt, as_bytes(text), hint_of(wasm::Kind::kString));
  body.mode = setup.manifest->instance;
  body.nonce = setup.genesis_nonce ? *setup.genesis_nonce : shard.salts().next();
  return body;
}

}  // namespace

std::string_view phase_name(Phase phase) {
  switch (phase) {
    case Phase::kStarting:
      return "starting";
    case Phase::kRunning:
      return "running";
    case Phase::kRestarting:
      return "restarting";
    case Phase::kStopping:
      return "stopping";
    case Phase::kStopped:
      return "stopped";
    case Phase::kFailed:
      return "failed";
  }
  return "unknown";
}

Result<std::unique_ptr<Actor>> Actor::create(Shard& shard, ActorSetup setup) {
  TRY_OK(Families::check_grants(setup.families, *setup.manifest));
  const Salt manifest_salt = shard.salts().next();
  TRY(const chain::GenesisBody genesis, genesis_of(shard, setup, manifest_salt));
  const Core::Origin origin{
      chain::ActorChain::head_of_new(genesis),
      {chain::actor_id(genesis), setup.manifest->name, setup.program->component().digest()}};
  auto core = std::make_unique<Core>(shard, std::move(setup), origin);
  TRY_OK(core->start_new(genesis, manifest_salt));
  return std::unique_ptr<Actor>(new Actor(std::move(core)));
}

Result<std::unique_ptr<Actor>> Actor::open(Shard& shard, ActorSetup setup,
                                           store::ActorImage image) {
  TRY_OK(Families::check_grants(setup.families, *setup.manifest));
  const Core::Origin origin{
      image.summary.head,
      {image.summary.actor, setup.manifest->name, setup.program->component().digest()}};
  auto core = std::make_unique<Core>(shard, std::move(setup), origin);
  TRY_OK(core->start_again(std::move(image)));
  return std::unique_ptr<Actor>(new Actor(std::move(core)));
}

Actor::Actor(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Actor::~Actor() = default;

const Identity& Actor::identity() const { return core_->identity(); }
ActorStatus Actor::status() const { return core_->status(); }
ActorFigures Actor::measure() const { return core_->measure(); }
std::size_t Actor::list_requests(std::vector<RequestView>& views, std::size_t most) const {
  return core_->list_requests(views, most);
}

void Actor::list_operations(std::vector<OperationView>& views) const {
  core_->list_operations(views);
}
ByteSpan Actor::state() const { return core_->state(); }
void Actor::stop(EndReason reason) { core_->stop(reason); }
void Actor::kill() { core_->kill(); }
void Actor::evict() { core_->evict(); }
bool Actor::may_destroy() const { return core_->may_destroy(); }

}  // namespace theater::actor
