// World's schedule: what happens next, as the seed says.
#include "sim/world.h"

namespace theater::sim {
namespace {

constexpr std::uint64_t kRestSteps = 4000;
constexpr Nanoseconds kRestTime = Milliseconds(4000);  // longer than any timer of the guest

}  // namespace

void World::step() {
  act();
  check_quotas();
}

void World::check_quotas() {
  const Status held = quotas_.check(*life_, witnesses_);
  if (!held && !broken_) broken_ = held.error();
}

void World::act() {
  switch (chance_.pick(weights_)) {
    case 0:
      life_->run_task(chance_.below(plan_.shards));
      return;
    case 1:
      life_->run_timer(chance_.below(plan_.shards));
      return;
    case 2:
      life_->step_log();
      return;
    case 3:
      peers_->act();
      return;
    case 4:
      advance();
      return;
    default:
      meddle();
      return;
  }
}

void World::advance() {
  const auto next = life_->next_timer();
  if (next && chance_.one_in(2)) {
    clock_.advance(*next);
  } else {
    clock_.advance(Microseconds(chance_.below(chance_.one_in(10) ? 2'000'000 : 15'000)));
  }
}

/// Rare things from outside.
void World::meddle() {
  const std::size_t actor = chance_.below(life_->actor_count());
  if (jumps_ && chance_.one_in(3)) {
    const auto jump = Milliseconds(static_cast<std::int64_t>(chance_.below(1000)) - 500);
    trace(fmt::format("the clock jumps by {} ms", jump.count()));
    clock_.set_wall(clock_.wall() + jump);
    return;
  }
  if (life_->has_ended(actor)) return;
  switch (chance_.below(12)) {
    case 0:
      life_->actor(actor).stop();
      return;
    case 1:
    case 2:
    case 3:
      life_->actor(actor).kill();
      return;
    default:
      life_->actor(actor).evict();
      return;
  }
}

/// Does everything that can be done without time passing; whether there was anything.
bool World::run_ready() {
  bool ran = false;
  for (std::size_t shard = 0; shard < plan_.shards; ++shard) {
    while (life_->run_task(shard)) ran = true;
    while (life_->run_timer(shard)) ran = true;
  }
  const chain::StepOutcome outcome = life_->step_log();
  return ran || outcome == chain::StepOutcome::kWrote;
}

/// Nobody says anything any more, and time passes until nothing is left to be done.
Status World::come_to_rest() {
  trace("rest");
  const MonotonicTime end = clock_.now() + kRestTime;
  for (std::uint64_t i = 0; i < kRestSteps; ++i) {
    while (run_ready()) {
    }
    check_quotas();
    if (broken_) return std::unexpected(*broken_);
    if (life_->log().failed()) {
      return fail(Code::kInternal, "the log failed on a good disk: {}", life_->log().failure());
    }
    const auto next = life_->next_timer();
    if (clock_.now() >= end) {
      TRY_OK(life_->check_starts());
      return audit_now(Extent::kAll);
    }
    const Nanoseconds left = end - clock_.now();
    clock_.advance(next && *next < left ? *next : left);
  }
  return fail(Code::kInternal, "the node does not come to rest");
}

}  // namespace theater::sim
