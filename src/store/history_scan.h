// HistoryScan: the one pass over a log that makes summaries and images.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "chain/log_reader.h"
#include "store/actor_history.h"

namespace theater::store {

/// What the pass gathers of one actor. Events before its newest snapshot are dropped as it goes.
struct GatheredActor {
  ActorSummary summary;
  Bytes last_record;  // encoded: its leaf hash is the head's
  std::vector<chain::SnapshotBody> snapshots;
  std::vector<StoredEvent> events;
  Seq events_from;  // all of the actor's events from this seq on are in `events`
  bool taken = false;
};

/// Reads a log once. Keeps the actors in the order of their genesis.
class HistoryScan {
 public:
  HistoryScan(chain::LogReader& reader, ActorHistory::Load load) : reader_(reader), load_(load) {}

  Status run();
  std::vector<std::unique_ptr<GatheredActor>> take() { return std::move(actors_); }

 private:
  Status add(const chain::Frame& frame);
  Status summarize(const chain::Frame& frame, const chain::Record& record, GatheredActor& actor);
  Status read_origin(const chain::Frame& frame, const chain::Record& record, ActorSummary& summary);
  Status read_state_length(const chain::Frame& frame, ActorSummary& summary);

  chain::LogReader& reader_;
  const ActorHistory::Load load_;
  std::vector<std::unique_ptr<GatheredActor>> actors_;
  std::unordered_map<ActorId, GatheredActor*> by_id_;
  StoredEvent event_;
};

}  // namespace theater::store
