// audit: verify, read, compare, replay.
#include "sim/audit.h"

#include <map>

#include "replay/replay.h"
#include "sim/life.h"
#include "store/actor_history.h"
#include "store/verify.h"

namespace theater::sim {
namespace {

using store::ActorHistory;

const std::string& root() {
  static const std::string path(kDataRoot);
  return path;
}

Status check_verify(io::FileSystem& files) {
  TRY(const auto report, store::verify(files, root(), {}));
  if (report.good()) return {};
  return fail(Code::kInternal, "CHAIN-4: verify: {} at {}: {}", report.bad->location.file,
              report.bad->location.offset, report.bad->reason);
}

}  // namespace

Status audit(io::FileSystem& files, const std::vector<Expectation>& actors) {
  if (!files.exists(std::string(kDataRoot) + "/node")) return {};  // not even an identity
  TRY_OK(check_verify(files));
  TRY(const auto history, ActorHistory::open(files, root(), ActorHistory::Load::kSummaries));
  std::map<ActorId, ActorAudit> audits;
  for (const Expectation& each : actors) audits.emplace(each.witness->id, *each.witness);
  TRY_OK(history->for_each({}, [&](const store::StoredEvent& event) -> Result<ActorHistory::Visit> {
    const auto found = audits.find(event.record.link.actor);
    if (found != audits.end()) TRY_OK(found->second.add(event));
    return ActorHistory::Visit::kContinue;
  }));
  for (const Expectation& each : actors) {
    const Status finished = audits.at(each.witness->id).finish(each.extent, each.waiting);
    if (!finished) return fail_in(finished.error(), each.witness->name);
  }
  return {};
}

Result<std::vector<Digest>> audit_replay(io::FileSystem& files, const Stage& stage) {
  TRY(const auto history, ActorHistory::open(files, root(), ActorHistory::Load::kSummaries));
  store::ComponentStore components(files, store::NodeLayout{root()}.components());
  const replay::ReplayWorld world{stage.engine(), *history, components, stage.infos(),
                                  stage.compile_cache()};
  TRY(const auto report, replay::replay(world, {}));
  for (const replay::ActorReplay& actor : report.actors) {
    if (!actor.divergence) continue;
    return fail(Code::kInternal, "replay of {} differs at {}: {}\nrecorded:\n{}\nnow:\n{}",
                actor.name, actor.divergence->seq.value, actor.divergence->reason,
                actor.divergence->recorded, actor.divergence->recomputed);
  }
  std::vector<Digest> heads;
  for (const store::ActorSummary& actor : history->actors()) heads.push_back(actor.head.last);
  if (history->node()) heads.push_back(history->node()->head.last);
  return heads;
}

Status audit_presence(io::FileSystem& files, const ActorId& actor, Seq seq) {
  TRY_OK(check_verify(files));
  TRY(const auto history, ActorHistory::open(files, root(), ActorHistory::Load::kSummaries));
  const store::ActorSummary* summary = history->find(actor);
  if (summary != nullptr && summary->head.next > seq) return {};
  return fail(Code::kInternal, "CHAIN-1: an output of event {} left before it was durable",
              seq.value);
}

}  // namespace theater::sim
