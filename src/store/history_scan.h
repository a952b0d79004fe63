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
#include "io/pace.h"
#include "store/actor_history.h"

namespace theater::store {

/// A `snapshot` event: what its file must hold.
struct SnapshotEvent {
  chain::SnapshotBody body;
  Digest state_root;
};

/// Where an event's frame stands in the log.
struct EventPlace {
  Lsn lsn;
  std::uint32_t segment = 0, offset = 0, bytes = 0;
};

/// What the pass gathers of one actor. Events before its newest snapshot are dropped as it goes.
struct GatheredActor {
  ActorSummary summary;
  std::vector<SnapshotEvent> snapshots;
  Seq events_from;  // all of the actor's events from this seq on are in the lists that are gathered
  std::vector<StoredEvent> events;
  std::vector<EventPlace> places;
  bool taken = false;
  Bytes last_record;  // of the scan: what the head's leaf is made of, after a zero byte
};

inline constexpr std::uint64_t kPaceBytes = 128 * 1024;

/// Reads a log once. Keeps the actors in the order of their genesis.
class HistoryScan {
 public:
  /// What is kept of each actor's events since its newest snapshot.
  enum class Gather : std::uint8_t { kNothing, kEvents, kPlaces };

  HistoryScan(chain::LogReader& reader, Gather gather);

  /// Before run: the chains as they were where the reader begins.
  void resume(std::vector<std::unique_ptr<GatheredActor>> actors);
  /// To the end, or to the begin of segment `until`; pauses for each kPaceBytes of log.
  Status run(std::uint64_t until = UINT64_MAX, io::Pace* pace = nullptr);
  /// Behind the last event read.
  Lsn next_lsn() const { return next_lsn_; }
  std::vector<std::unique_ptr<GatheredActor>> take();

 private:
  Status add(const chain::Frame& frame);
  Result<GatheredActor*> actor_of(const chain::Frame& frame, const chain::Record& record);
  static void forget(GatheredActor& actor, Seq from);
  void gather(const chain::Frame& frame, GatheredActor& actor);
  Status summarize(const chain::Frame& frame, const chain::Record& record, GatheredActor& actor);
  Status read_origin(const chain::Frame& frame, const chain::Record& record, ActorSummary& summary);
  Status read_state_length(const chain::Frame& frame, ActorSummary& summary);

  chain::LogReader& reader_;
  const Gather gather_;
  Lsn next_lsn_;
  std::vector<std::unique_ptr<GatheredActor>> actors_;
  std::unordered_map<ActorId, GatheredActor*> by_id_;
  StoredEvent event_;
};

/// Reads the events at the places of all `actors` into their lists, in one pass over those parts of
/// the log. kCorrupt if an event is not the one its place promises.
Status load_places(io::FileSystem& files, const std::string& log,
                   const std::vector<std::unique_ptr<GatheredActor>>& actors);

}  // namespace theater::store
