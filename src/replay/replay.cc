// replay: one pass over the log feeds every actor's replayer.
#include "replay/replay.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "replay/actor_replayer.h"

namespace theater::replay {
namespace {

constexpr std::uint64_t kProgressEvery = 4096;

}  // namespace

std::uint64_t ReplayReport::events() const {
  return std::accumulate(
      actors.begin(), actors.end(), std::uint64_t{0},
      [](std::uint64_t sum, const ActorReplay& one) { return sum + one.events; });
}

bool ReplayReport::is_equal() const {
  for (const ActorReplay& one : actors) {
    if (one.divergence) return false;
  }
  return true;
}

namespace {

/// Begins an actor's replay where the options say.
Status begin(const ReplayWorld& world, const ReplayOptions& options, const ActorId& actor,
             ActorReplayer& replayer) {
  if (!options.from || *options.from == Seq{}) return {};
  const Seq last = std::min(Seq{options.from->value - 1}, options.until.value_or(*options.from));
  TRY(auto found, world.history.find_snapshot(actor, last));
  return replayer.begin_at(std::move(found));
}

/// An error says of whose chain it is, and where.
Status add(const store::StoredEvent& event, ActorReplayer& replayer) {
  const Status added = replayer.add(event);
  if (added) return {};
  const chain::Link& link = event.record.link;
  const std::string& name = replayer.report().name;
  return fail_in(added.error(), fmt::format("{}, event {}", name.empty() ? link.actor.hex() : name,
                                            link.seq.value));
}

}  // namespace

Result<ReplayReport> replay(const ReplayWorld& world, const ReplayOptions& options) {
  if (options.actor && world.history.find(*options.actor) == nullptr) {
    return fail(Code::kNotFound, "there is no actor {}", options.actor->hex());
  }
  Programs programs(world, options.component);
  std::map<ActorId, ActorReplayer> replayers;
  for (const store::ActorSummary& summary : world.history.actors()) {
    if (options.actor && summary.actor != *options.actor) continue;
    const auto made = replayers.try_emplace(summary.actor, world, programs).first;
    TRY_OK(begin(world, options, summary.actor, made->second));
  }
  std::uint64_t events = 0;
  store::ActorHistory::Range range;
  range.actor = options.actor;
  range.to = options.until;
  range.resolve = store::Resolve::kEverything;
  TRY_OK(world.history.for_each(
      range, [&](const store::StoredEvent& event) -> Result<store::ActorHistory::Visit> {
        const auto found = replayers.find(event.record.link.actor);
        if (found == replayers.end()) return store::ActorHistory::Visit::kContinue;
        TRY_OK(add(event, found->second));
        if (options.on_progress && ++events % kProgressEvery == 0) options.on_progress(events);
        return store::ActorHistory::Visit::kContinue;
      }));
  ReplayReport report;
  for (const store::ActorSummary& summary : world.history.actors()) {
    const auto found = replayers.find(summary.actor);
    if (found != replayers.end()) report.actors.push_back(found->second.report());
  }
  return report;
}

}  // namespace theater::replay
