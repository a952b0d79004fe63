// One pass over the log.
#include "store/history_scan.h"

#include <algorithm>
#include <utility>

#include "chain/hash.h"

namespace theater::store {
namespace {

using chain::Kind;

std::unexpected<Error> corrupt_at(const chain::Frame& frame, std::string_view why) {
  const chain::Location place = chain::LogReader::location(frame);
  return fail(Code::kCorrupt, "{} at byte {}: {}", place.file, place.offset, why);
}

}  // namespace

/// The manifest is the first and only attachment of genesis and upgrade.
Status HistoryScan::read_origin(const chain::Frame& frame, const chain::Record& record,
                                ActorSummary& summary) {
  const auto& body = std::get<chain::GenesisBody>(record.body);
  if (record.kind == Kind::kGenesis) summary.genesis = body;
  summary.current = body;
  TRY(const chain::AttachmentBytes manifest, reader_.resolver().resolve(frame, 0, &body.manifest));
  summary.manifest = to_bytes(manifest.bytes);
  return {};
}

Status HistoryScan::read_state_length(const chain::Frame& frame, ActorSummary& summary) {
  for (std::size_t i = 0; i < frame.attachments.size(); ++i) {
    if (frame.attachments[i].attachment_class != chain::AttachmentClass::kDelta) continue;
    TRY(const chain::AttachmentBytes delta, reader_.resolver().resolve(frame, i, nullptr));
    TRY(const chain::Delta decoded, chain::decode_delta(delta.bytes));
    summary.state_bytes = decoded.length;
  }
  return {};
}

Status HistoryScan::summarize(const chain::Frame& frame, const chain::Record& record,
                              GatheredActor& actor) {
  ActorSummary& summary = actor.summary;
  ++summary.events;
  summary.head.next = record.link.seq.next();
  summary.head.time_us = record.link.time_us;
  summary.head.bytes += frame.stored_bytes();
  summary.last_time_us = record.link.time_us;
  summary.head_lsn = frame.lsn;
  actor.last_record.assign(frame.zero_and_record.begin(), frame.zero_and_record.end());
  switch (record.kind) {
    case Kind::kGenesis:
    case Kind::kUpgrade:
      return read_origin(frame, record, summary);
    case Kind::kReceive:
      ++summary.invocations;
      return {};
    case Kind::kCommit:
    case Kind::kTrap:
      summary.last_end = record.kind;
      summary.last_outcome = record.outcome;
      summary.state_root = *record.state_root;
      return read_state_length(frame, summary);
    case Kind::kSnapshot:
      actor.snapshots.push_back({std::get<chain::SnapshotBody>(record.body), *record.state_root});
      return {};
    case Kind::kLifecycle:
      summary.last_lifecycle = std::get<chain::LifecycleBody>(record.body).what;
      return {};
    default:
      return {};
  }
}

Result<GatheredActor*> HistoryScan::actor_of(const chain::Frame& frame,
                                             const chain::Record& record) {
  const auto found = by_id_.find(record.link.actor);
  if (found != by_id_.end()) return found->second;
  if (record.kind != Kind::kGenesis) return corrupt_at(frame, "the actor has no genesis");
  auto& made = actors_.emplace_back(std::make_unique<GatheredActor>());
  made->summary.actor = made->summary.head.actor = record.link.actor;
  made->summary.state_root = chain::empty_state_root();
  by_id_.emplace(record.link.actor, made.get());
  return made.get();
}

/// Forgets the events before `from`.
void HistoryScan::forget(GatheredActor& actor, Seq from) {
  if (from <= actor.events_from) return;
  const std::uint64_t before = from.value - actor.events_from.value;
  const auto drop = [&](auto& list) {
    const std::uint64_t count = std::min<std::uint64_t>(before, list.size());
    list.erase(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(count));
  };
  drop(actor.events);
  drop(actor.places);
  actor.events_from = from;
}

/// Keeps the current event; forgets those that a snapshot holds.
void HistoryScan::gather(const chain::Frame& frame, GatheredActor& actor) {
  if (event_.record.kind == Kind::kSnapshot) forget(actor, actor.snapshots.back().body.seq.next());
  if (gather_ == Gather::kPlaces) {
    actor.places.push_back({frame.lsn, static_cast<std::uint32_t>(frame.segment),
                            static_cast<std::uint32_t>(frame.offset),
                            static_cast<std::uint32_t>(frame.bytes)});
  }
  if (gather_ == Gather::kEvents) actor.events.push_back(std::exchange(event_, {}));
}

Status HistoryScan::add(const chain::Frame& frame) {
  const Resolve resolve = gather_ == Gather::kEvents ? Resolve::kAttachments : Resolve::kFieldsOnly;
  TRY_OK(load_event(reader_.resolver(), frame, resolve, event_));
  const chain::Record& record = event_.record;
  TRY(GatheredActor* const actor, actor_of(frame, record));
  if (record.link.seq != actor->summary.head.next) {
    return corrupt_at(frame, fmt::format("seq {} stands where {} is expected",
                                         record.link.seq.value, actor->summary.head.next.value));
  }
  TRY_OK(summarize(frame, record, *actor));
  if (gather_ != Gather::kNothing) gather(frame, *actor);
  return {};
}

HistoryScan::HistoryScan(chain::LogReader& reader, Gather gather)
    : reader_(reader), gather_(gather), next_lsn_(reader.next_lsn()) {}

void HistoryScan::resume(std::vector<std::unique_ptr<GatheredActor>> actors) {
  actors_ = std::move(actors);
  for (const auto& actor : actors_) by_id_.emplace(actor->summary.actor, actor.get());
}

Status HistoryScan::run(std::uint64_t until, io::Pace* pace) {
  std::uint64_t piece = 0;
  for (;;) {
    TRY(const chain::Frame* const frame, reader_.next());
    if (frame == nullptr || frame->segment >= until) return {};
    if (pace != nullptr && piece != frame->offset / kPaceBytes) {
      piece = frame->offset / kPaceBytes;
      pace->pause();
    }
    TRY_OK(add(*frame));
    next_lsn_ = frame->lsn.next();
  }
}

/// Of all the leaves only each actor's last one is wanted.
std::vector<std::unique_ptr<GatheredActor>> HistoryScan::take() {
  for (const auto& actor : actors_) {
    const Bytes record = std::exchange(actor->last_record, {});
    if (!record.empty()) actor->summary.head.last = chain::leaf_hash_prefixed(record);
  }
  return std::move(actors_);
}

namespace {

struct Wanted {
  EventPlace place;
  GatheredActor* actor;
};

/// All places of all actors, in the order of the log.
std::vector<Wanted> places_in_order(const std::vector<std::unique_ptr<GatheredActor>>& actors) {
  std::vector<Wanted> all;
  for (const auto& actor : actors) {
    for (const EventPlace& place : actor->places) all.push_back({place, actor.get()});
  }
  std::ranges::sort(all, {}, [](const Wanted& wanted) { return wanted.place.lsn; });
  return all;
}

std::unexpected<Error> not_there(const EventPlace& place) {
  return fail(Code::kCorrupt, "segment {} has not the event {} at byte {}", place.segment,
              place.lsn.value, place.offset);
}

}  // namespace

Status load_places(io::FileSystem& files, const std::string& log,
                   const std::vector<std::unique_ptr<GatheredActor>>& actors) {
  chain::AttachmentResolver resolver(files, log);
  std::optional<chain::SegmentWindow> window;
  std::uint32_t segment = 0;
  chain::Frame frame;
  StoredEvent event;
  for (const Wanted& wanted : places_in_order(actors)) {
    const EventPlace& place = wanted.place;
    if (segment != place.segment) {
      TRY(window,
          chain::SegmentWindow::open(files, log + "/" + chain::segment_name(place.segment)));
      segment = place.segment;
    }
    TRY(const ByteSpan bytes, window->view(place.offset, place.bytes));
    if (!chain::parse_frame(bytes, frame) || frame.lsn != place.lsn || frame.bytes != place.bytes) {
      return not_there(place);
    }
    frame.segment = place.segment;
    frame.offset = place.offset;
    TRY_OK(load_event(resolver, frame, Resolve::kAttachments, event));
    GatheredActor& actor = *wanted.actor;
    if (event.record.link.actor != actor.summary.actor ||
        event.record.link.seq.value != actor.events_from.value + actor.events.size()) {
      return not_there(place);
    }
    actor.events.push_back(std::exchange(event, {}));
  }
  for (const auto& actor : actors) {
    const std::uint64_t behind = actor->events_from.value + actor->events.size();
    if (behind != actor->summary.head.next.value ||
        (!actor->events.empty() && actor->events.back().leaf != actor->summary.head.last)) {
      return fail(Code::kCorrupt, "the index has not all events of actor {}",
                  actor->summary.actor.hex());
    }
    actor->places = {};
  }
  return {};
}

}  // namespace theater::store
