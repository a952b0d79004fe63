// ActorHistory over the log of a data directory.
#include "store/actor_history.h"

#include <algorithm>

#include "chain/hash.h"
#include "store/event_cursor.h"
#include "store/history_scan.h"
#include "store/node_chain.h"
#include "store/node_directory.h"

namespace theater::store {
namespace {

class LogHistory final : public ActorHistory {
 public:
  LogHistory(io::FileSystem& files, const std::string& root)
      : files_(files), root_(root), snapshots_(files, NodeLayout{root}.snapshots()) {}

  Status load(Load load) {
    TRY(const NodeId node, NodeDirectory::read_identity(files_, root_));
    const std::string directory = NodeLayout{root_}.log();
    if (!files_.exists(directory)) return {};
    TRY(const auto reader, chain::LogReader::open(files_, directory, chain::ReadUpTo::kEnd));
    HistoryScan scan(*reader, load);
    TRY_OK(scan.run());
    const ActorId node_actor = node_actor_id(node);
    for (auto& actor : scan.take()) {
      if (actor->summary.actor == node_actor) {
        node_ = std::move(actor->summary);
        continue;
      }
      actors_.push_back(actor->summary);
      if (load == Load::kSummaries) actor->taken = true;
      gathered_.emplace(actor->summary.actor, std::move(actor));
    }
    return {};
  }

  const std::vector<ActorSummary>& actors() const override { return actors_; }
  const std::optional<ActorSummary>& node() const override { return node_; }
  const ActorSummary* find(const ActorId& actor) const override {
    const auto found = std::ranges::find(actors_, actor, &ActorSummary::actor);
    return found == actors_.end() ? nullptr : &*found;
  }
  Result<ActorImage> take_image(const ActorId& actor) override;
  Status for_each(const Range& range, const Visitor& visit) override;
  Result<StateTree> state_at(const ActorId& actor, std::optional<Seq> seq) override;

 private:
  std::optional<Snapshot> newest_snapshot(const GatheredActor& actor, Seq not_after);
  Status gather_events(const ActorId& actor, Seq from, std::optional<Seq> to,
                       std::vector<StoredEvent>& events);
  std::unexpected<Error> unknown(const ActorId& actor) const {
    return fail(Code::kNotFound, "{} has no actor {}", root_, actor.hex());
  }

  io::FileSystem& files_;
  const std::string root_;
  SnapshotStore snapshots_;
  std::vector<ActorSummary> actors_;
  std::optional<ActorSummary> node_;
  std::unordered_map<ActorId, std::unique_ptr<GatheredActor>> gathered_;
};

/// The newest snapshot that can be read; a bad one makes the one before serve.
std::optional<Snapshot> LogHistory::newest_snapshot(const GatheredActor& actor, Seq not_after) {
  for (auto body = actor.snapshots.rbegin(); body != actor.snapshots.rend(); ++body) {
    if (body->seq > not_after) continue;
    if (auto snapshot = snapshots_.read(actor.summary.actor, *body)) return *std::move(snapshot);
  }
  return std::nullopt;
}

Status LogHistory::gather_events(const ActorId& actor, Seq from, std::optional<Seq> to,
                                 std::vector<StoredEvent>& events) {
  events.clear();
  return for_each({actor, from, to}, [&](const StoredEvent& event) -> Result<Visit> {
    events.push_back(event);
    return Visit::kContinue;
  });
}

/// The state that `events`, all of one actor, make of `state`.
Status apply_deltas(std::span<const StoredEvent> events, StateTree& state) {
  for (const StoredEvent& event : events) {
    if (!event.delta) continue;
    TRY_OK(state.apply(*event.delta));
    if (state.root() != event.record.state_root) {
      return fail(Code::kCorrupt, "{} at byte {}: the delta does not lead to the recorded root",
                  event.location.file, event.location.offset);
    }
  }
  return {};
}

Result<ActorImage> LogHistory::take_image(const ActorId& actor) {
  const auto found = gathered_.find(actor);
  if (found == gathered_.end()) return unknown(actor);
  GatheredActor& gathered = *found->second;
  ActorImage image;
  image.summary = gathered.summary;
  image.snapshot = newest_snapshot(gathered, gathered.summary.head.next);
  const Seq from = image.snapshot ? image.snapshot->seq.next() : Seq{0};
  if (!gathered.taken && gathered.events_from == from) {
    image.events = std::move(gathered.events);
  } else {
    TRY_OK(gather_events(actor, from, std::nullopt, image.events));
  }
  gathered.taken = true;
  if (image.snapshot) {
    image.state.restore(std::exchange(image.snapshot->state, {}), image.snapshot->salt);
  }
  TRY_OK(apply_deltas(image.events, image.state));
  if (image.state.root() != image.summary.state_root) {
    return fail(Code::kCorrupt, "the state of actor {} has not the root of its last commit",
                actor.hex());
  }
  return image;
}

Status LogHistory::for_each(const Range& range, const Visitor& visit) {
  TRY(const auto cursor,
      EventCursor::open(files_, root_, chain::ReadUpTo::kEnd, {range.actor, range.resolve}));
  for (;;) {
    TRY(const StoredEvent* const event, cursor->next());
    if (event == nullptr) return {};
    const Seq seq = event->record.link.seq;
    if (seq < range.from) continue;
    if (range.to && seq > *range.to) {
      if (range.actor) return {};
      continue;
    }
    TRY(const Visit answer, visit(*event));
    if (answer == Visit::kStop) return {};
  }
}

Result<StateTree> LogHistory::state_at(const ActorId& actor, std::optional<Seq> seq) {
  const auto found = gathered_.find(actor);
  if (found == gathered_.end()) return unknown(actor);
  const Seq last = seq.value_or(found->second->summary.head.next);
  StateTree state;
  Seq from{0};
  if (auto snapshot = newest_snapshot(*found->second, last)) {
    from = snapshot->seq.next();
    state.restore(std::move(snapshot->state), snapshot->salt);
  }
  TRY_OK(for_each({actor, from, last}, [&](const StoredEvent& event) -> Result<Visit> {
    TRY_OK(apply_deltas(std::span(&event, 1), state));
    return Visit::kContinue;
  }));
  return state;
}

}  // namespace

Result<std::unique_ptr<ActorHistory>> ActorHistory::open(io::FileSystem& files,
                                                         const std::string& root, Load load) {
  auto history = std::make_unique<LogHistory>(files, root);
  TRY_OK(history->load(load));
  return history;
}

}  // namespace theater::store
