// ActorHistory over the log of a data directory.
#include "store/actor_history.h"

#include <algorithm>

#include "base/probe.h"
#include "chain/batch_scanner.h"
#include "store/event_cursor.h"
#include "store/history_scan.h"
#include "store/log_index.h"
#include "store/node_chain.h"
#include "store/node_directory.h"

namespace theater::store {
namespace {

class LogHistory final : public ActorHistory {
 public:
  /// `pause`: see open_beside; for kDurable.
  LogHistory(io::FileSystem& files, const std::string& root, chain::ReadUpTo up_to, Pause pause)
      : files_(files),
        root_(root),
        up_to_(up_to),
        pause_(std::move(pause)),
        snapshots_(files, NodeLayout{root}.snapshots()) {}

  Status load(Load load, std::unique_ptr<LogIndex> index);

  bool has_passed_over_index() const override { return has_passed_over_index_; }
  const std::vector<ActorSummary>& actors() const override { return actors_; }
  const std::optional<ActorSummary>& node() const override { return node_; }
  const ActorSummary* find(const ActorId& actor) const override {
    const auto found = std::ranges::find(actors_, actor, &ActorSummary::actor);
    return found == actors_.end() ? nullptr : &*found;
  }
  Result<ActorImage> take_image(const ActorId& actor) override;
  Result<FoundSnapshot> find_snapshot(const ActorId& actor, Seq last) override;
  Status for_each(const Range& range, const Visitor& visit) override;
  Result<StateTree> state_at(const ActorId& actor, std::optional<Seq> seq) override;

 private:
  Status read(Load load, std::unique_ptr<LogIndex> index);
  Status read_to_end(const chain::LogReader& reader, HistoryScan& scan, std::uint64_t until);
  void adopt(std::vector<std::unique_ptr<GatheredActor>> actors, const ActorId& node);
  FoundSnapshot newest_snapshot(const GatheredActor& actor, Seq last) const;
  Status restore(const GatheredActor& actor, const SnapshotEvent& event,
                 FoundSnapshot& found) const;
  Status gather_events(const ActorId& actor, Seq from, std::optional<Seq> to,
                       std::vector<StoredEvent>& events);
  std::unexpected<Error> unknown(const ActorId& actor) const {
    return fail(Code::kNotFound, "{} has no actor {}", root_, actor.hex());
  }

  io::FileSystem& files_;
  const std::string root_;
  const chain::ReadUpTo up_to_;
  const Pause pause_;
  SnapshotStore snapshots_;
  std::vector<ActorSummary> actors_;
  std::optional<ActorSummary> node_;
  std::unordered_map<ActorId, std::unique_ptr<GatheredActor>> gathered_;
  Lsn end_;  // behind the last event that was there
  bool has_passed_over_index_ = false;
};

/// An index that does not fit the log, or not itself, is as good as none.
Status LogHistory::load(Load load, std::unique_ptr<LogIndex> index) {
  if (!files_.exists(NodeLayout{root_}.log())) return {};
  if (index != nullptr) {
    const Status done = read(load, std::move(index));
    const bool misled = !done && (done.error().code == Code::kCorrupt ||  //
                                  done.error().code == Code::kNotFound);
    if (!misled) return done;
    PROBE("index: it does not fit the log");
    has_passed_over_index_ = true;
  }
  return read(load, nullptr);
}

Status LogHistory::read(Load load, std::unique_ptr<LogIndex> index) {
  TRY(const NodeId node, NodeDirectory::read_identity(files_, root_));
  const std::string log = NodeLayout{root_}.log();
  TRY(const auto scanner, chain::BatchScanner::open(files_, log));
  if (index != nullptr && !scanner.begins(index->at)) {
    return fail(Code::kCorrupt, "the index is not of this log");
  }
  TRY(const auto reader,
      chain::LogReader::open(files_, log, up_to_, index != nullptr ? index->at.segment : 1));
  const bool images = load == Load::kImages;
  HistoryScan scan(*reader, images ? HistoryScan::Gather::kEvents : HistoryScan::Gather::kNothing);
  if (index != nullptr) {
    if (images) TRY_OK(load_places(files_, log, index->actors));
    scan.resume(std::move(index->actors));
  }
  const Status scanned = read_to_end(*reader, scan, scanner.segments() + 1);
  const bool ends_at_damage = load == Load::kReadable && index == nullptr && !scanned &&
                              scanned.error().code == Code::kCorrupt;
  if (!scanned && !ends_at_damage) return scanned;
  if (ends_at_damage) end_ = {UINT64_MAX};  // so that for_each comes to it
  auto actors = scan.take();
  for (auto& actor : actors) actor->taken = !images;
  adopt(std::move(actors), node_actor_id(node));
  return {};
}

/// A batch that is there and waits for its proof is waited for; what comes behind it is not, nor is
/// a node followed into segments that it makes meanwhile.
Status LogHistory::read_to_end(const chain::LogReader& reader, HistoryScan& scan,
                               std::uint64_t until) {
  TRY_OK(scan.run(until));
  const Lsn awaited = scan.next_lsn();
  while (reader.awaits_proof() && scan.next_lsn() == awaited && pause_()) TRY_OK(scan.run(until));
  end_ = scan.next_lsn();
  return {};
}

void LogHistory::adopt(std::vector<std::unique_ptr<GatheredActor>> actors, const ActorId& node) {
  for (auto& actor : actors) {
    if (actor->summary.actor == node) {
      node_ = std::move(actor->summary);
      continue;
    }
    actors_.push_back(actor->summary);
    gathered_.emplace(actor->summary.actor, std::move(actor));
  }
}

Status LogHistory::restore(const GatheredActor& actor, const SnapshotEvent& event,
                           FoundSnapshot& found) const {
  TRY(Snapshot snapshot, snapshots_.read(actor.summary.actor, event.body));
  StateTree state;
  state.restore(std::exchange(snapshot.state, {}), snapshot.salt);
  if (state.root() != event.state_root) {
    return fail(Code::kCorrupt, "the snapshot of event {} of actor {} is not of the state it names",
                event.body.seq.value, actor.summary.actor.hex());
  }
  found.snapshot = std::move(snapshot);
  found.state = std::move(state);
  return {};
}

/// A bad one makes the one before serve.
FoundSnapshot LogHistory::newest_snapshot(const GatheredActor& actor, Seq last) const {
  FoundSnapshot found;
  for (auto event = actor.snapshots.rbegin(); event != actor.snapshots.rend(); ++event) {
    if (event->body.seq > last) continue;
    const Status restored = restore(actor, *event, found);
    if (restored) break;
    // Older ones may have been dropped.
    const bool is_newest = event == actor.snapshots.rbegin();
    if (is_newest || restored.error().code != Code::kNotFound) {
      found.bad.push_back(restored.error().message);
    }
  }
  return found;
}

Result<FoundSnapshot> LogHistory::find_snapshot(const ActorId& actor, Seq last) {
  const auto found = gathered_.find(actor);
  if (found == gathered_.end()) return unknown(actor);
  return newest_snapshot(*found->second, last);
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
      const chain::Location place = event.location();
      return fail(Code::kCorrupt, "{} at byte {}: the delta does not lead to the recorded root",
                  place.file, place.offset);
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
  FoundSnapshot newest = newest_snapshot(gathered, gathered.summary.head.next);
  image.snapshot = std::move(newest.snapshot);
  image.state = std::move(newest.state);
  image.bad_snapshots = std::move(newest.bad);
  const Seq from = image.snapshot ? image.snapshot->seq.next() : Seq{0};
  if (!gathered.taken && gathered.events_from == from) {
    image.events = std::move(gathered.events);
  } else {
    TRY_OK(gather_events(actor, from, std::nullopt, image.events));
  }
  gathered.taken = true;
  TRY_OK(apply_deltas(image.events, image.state));
  if (image.state.root() != image.summary.state_root) {
    return fail(Code::kCorrupt, "the state of actor {} has not the root of its last commit",
                actor.hex());
  }
  return image;
}

Status LogHistory::for_each(const Range& range, const Visitor& visit) {
  TRY(const auto cursor,
      EventCursor::open(files_, root_, chain::ReadUpTo::kEnd, {range.actor, range.resolve, end_}));
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
  FoundSnapshot newest = newest_snapshot(*found->second, last);
  StateTree state = std::move(newest.state);
  const Seq from = newest.snapshot ? newest.snapshot->seq.next() : Seq{0};
  TRY_OK(for_each({actor, from, last}, [&](const StoredEvent& event) -> Result<Visit> {
    TRY_OK(apply_deltas(std::span(&event, 1), state));
    return Visit::kContinue;
  }));
  return state;
}

}  // namespace

Result<std::unique_ptr<ActorHistory>> ActorHistory::open(io::FileSystem& files,
                                                         const std::string& root, Load load) {
  TRY(const NodeId node, NodeDirectory::read_identity(files, root));
  TRY(auto index, load_index(files, root, node));
  return open(files, root, load, std::move(index));
}

Result<std::unique_ptr<ActorHistory>> ActorHistory::open(io::FileSystem& files,
                                                         const std::string& root, Load load,
                                                         std::unique_ptr<LogIndex> index) {
  auto history = std::make_unique<LogHistory>(files, root, chain::ReadUpTo::kEnd, Pause{});
  TRY_OK(history->load(load, std::move(index)));
  return history;
}

/// A node that starts meanwhile makes it read again, as beside a node.
Result<std::unique_ptr<ActorHistory>> ActorHistory::open_beside(io::FileSystem& files,
                                                                const std::string& root, Load load,
                                                                const Pause& pause) {
  TRY(const NodeId node, NodeDirectory::read_identity(files, root));
  const std::string lock = NodeLayout{root}.lock();
  for (bool in_use = files.is_locked(lock);; in_use = true) {
    TRY(auto index, load_index(files, root, node));
    const chain::ReadUpTo up_to = in_use ? chain::ReadUpTo::kDurable : chain::ReadUpTo::kEnd;
    auto history = std::make_unique<LogHistory>(files, root, up_to, pause);
    TRY_OK(history->load(load, std::move(index)));
    if (in_use || !files.is_locked(lock)) return history;
  }
}

}  // namespace theater::store
