// One pass over the log.
#include "store/history_scan.h"

#include <algorithm>

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
  TRY(const chain::AttachmentBytes manifest, reader_.resolve(frame, 0, &body.manifest));
  summary.manifest = to_bytes(manifest.bytes);
  return {};
}

Status HistoryScan::read_state_length(const chain::Frame& frame, ActorSummary& summary) {
  for (std::size_t i = 0; i < frame.attachments.size(); ++i) {
    if (frame.attachments[i].attachment_class != chain::AttachmentClass::kDelta) continue;
    TRY(const chain::AttachmentBytes delta, reader_.resolve(frame, i, nullptr));
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
  summary.last_time_us = record.link.time_us;
  summary.head_lsn = frame.lsn;
  actor.last_record.assign(frame.record.begin(), frame.record.end());
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
      actor.snapshots.push_back(std::get<chain::SnapshotBody>(record.body));
      return {};
    case Kind::kLifecycle:
      summary.last_lifecycle = std::get<chain::LifecycleBody>(record.body).what;
      return {};
    default:
      return {};
  }
}

Status HistoryScan::add(const chain::Frame& frame) {
  const bool images = load_ == ActorHistory::Load::kImages;
  TRY_OK(
      load_event(reader_, frame, images ? Resolve::kAttachments : Resolve::kRecordsOnly, event_));
  const chain::Record& record = event_.record;
  auto found = by_id_.find(record.link.actor);
  if (found == by_id_.end()) {
    if (record.kind != Kind::kGenesis) return corrupt_at(frame, "the actor has no genesis");
    auto& made = actors_.emplace_back(std::make_unique<GatheredActor>());
    made->summary.actor = record.link.actor;
    made->summary.head.actor = record.link.actor;
    made->summary.state_root = chain::empty_state_root();
    found = by_id_.emplace(record.link.actor, made.get()).first;
  }
  GatheredActor& actor = *found->second;
  if (record.link.seq != actor.summary.head.next) {
    return corrupt_at(frame, fmt::format("seq {} stands where {} is expected",
                                         record.link.seq.value, actor.summary.head.next.value));
  }
  TRY_OK(summarize(frame, record, actor));
  if (!images) return {};
  if (record.kind == Kind::kSnapshot) {
    const Seq covered = actor.snapshots.back().seq;
    std::erase_if(actor.events,
                  [&](const StoredEvent& event) { return event.record.link.seq <= covered; });
    actor.events_from = covered.next();
  }
  actor.events.push_back(std::move(event_));
  event_ = {};
  return {};
}

Status HistoryScan::run() {
  for (;;) {
    TRY(const chain::Frame* const frame, reader_.next());
    if (frame == nullptr) break;
    TRY_OK(add(*frame));
  }
  for (const auto& actor : actors_) actor->summary.head.last = chain::leaf_hash(actor->last_record);
  return {};
}

}  // namespace theater::store
