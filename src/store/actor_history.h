// ActorHistory: the reading side of the chains, for restart, replay and tools.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "chain/actor_chain.h"
#include "chain/event.h"
#include "io/file.h"
#include "store/snapshot.h"
#include "store/state_tree.h"
#include "store/stored_event.h"

namespace theater::store {

struct LogIndex;

/// What a tool shows of an actor without reading all its events.
struct ActorSummary {
  ActorId actor;
  chain::GenesisBody genesis;  // as created
  chain::GenesisBody current;  // after the last upgrade
  Bytes manifest;              // text of the current manifest
  chain::ActorChain::Head head;
  Lsn head_lsn;
  std::uint64_t events = 0, invocations = 0;
  std::uint64_t state_bytes = 0;
  Digest state_root;
  std::optional<chain::Kind> last_end;  // commit or trap
  std::optional<std::int64_t> last_outcome;
  std::optional<chain::LifecycleStep> last_lifecycle;
  std::uint64_t last_time_us = 0;
};

/// Everything a restart needs of one actor.
struct ActorImage {
  ActorSummary summary;
  StateTree state;                   // after the last commit
  std::optional<Snapshot> snapshot;  // the newest that verifies; its state bytes are moved out
  std::vector<std::string> bad_snapshots;  // newer ones that did not: where and why
  std::vector<StoredEvent> events;         // those after the snapshot (all without one), in order
};

/// The newest snapshot of an actor that verifies.
struct FoundSnapshot {
  std::optional<Snapshot> snapshot;  // its state bytes are moved to `state`
  StateTree state;                   // empty without one
  std::vector<std::string> bad;      // newer ones that do not verify: where and why
};

/// The chains of a data directory as they were when it was opened. Read-only; may stand beside a
/// running node. Not for concurrent use.
class ActorHistory {
 public:
  /// Reads the log once, from where the newest index ends: every actor's summary. With kImages also
  /// their images, for take_image. Damage is refused; with kReadable what stands before it is the
  /// history, and for_each returns the error once it comes there.
  enum class Load : std::uint8_t { kSummaries, kReadable, kImages };
  static Result<std::unique_ptr<ActorHistory>> open(io::FileSystem& files, const std::string& root,
                                                    Load load);
  /// The same with an index that was loaded already; nullptr: reads the whole log.
  static Result<std::unique_ptr<ActorHistory>> open(io::FileSystem& files, const std::string& root,
                                                    Load load, std::unique_ptr<LogIndex> index);
  /// Summaries for a tool, of a directory that a node may be using: then of what is durable. What
  /// was acknowledged before the call is among it: `pause` is called while the last batch waits for
  /// its proof, which a running node writes within milliseconds; if it answers false, that batch is
  /// left out.
  using Pause = std::function<bool()>;
  static Result<std::unique_ptr<ActorHistory>> open_beside(io::FileSystem& files,
                                                           const std::string& root, Load load,
                                                           const Pause& pause);
  virtual ~ActorHistory() = default;

  /// Whether the index contradicted the log, so that the whole log was read without it.
  virtual bool has_passed_over_index() const { return false; }
  /// The actors (not the node), in the order of their creation.
  virtual const std::vector<ActorSummary>& actors() const = 0;
  /// The node's own chain.
  virtual const std::optional<ActorSummary>& node() const = 0;
  virtual const ActorSummary* find(const ActorId& actor) const = 0;

  /// Hands out an actor's image; once per actor if it was loaded by open, else it reads the log.
  /// kCorrupt if the recorded root is not that of the state.
  virtual Result<ActorImage> take_image(const ActorId& actor) = 0;

  /// The newest snapshot of `actor` that holds no event after `last` and verifies: its file, and
  /// its state against the root in its event.
  virtual Result<FoundSnapshot> find_snapshot(const ActorId& actor, Seq last) = 0;

  /// Calls `visit` for each event with seq in [from, to], in order; the visit says whether to go
  /// on. One pass over the log, which ends where it ended when it was opened.
  enum class Visit : std::uint8_t { kContinue, kStop };
  using Resolve = store::Resolve;
  struct Range {
    std::optional<ActorId> actor;  // nothing: every actor's events and the node's, in lsn order
    Seq from;
    std::optional<Seq> to;
    Resolve resolve = Resolve::kAttachments;
  };
  using Visitor = std::function<Result<Visit>(const StoredEvent&)>;
  virtual Status for_each(const Range& range, const Visitor& visit) = 0;

  /// The state as it was after event `seq` (nothing: after the last one). Snapshots are used.
  virtual Result<StateTree> state_at(const ActorId& actor, std::optional<Seq> seq) = 0;
};

}  // namespace theater::store
