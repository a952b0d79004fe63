// Replay: runs actors again from their chains, without the world, and compares every event.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "actor/family_info.h"
#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "chain/event.h"
#include "store/actor_history.h"
#include "store/component_store.h"
#include "wasm/engine.h"

namespace theater::replay {

/// Everything replay reads. Borrowed. There are no sockets, clocks or families in it (REPLAY-1).
struct ReplayWorld {
  wasm::Engine& engine;
  store::ActorHistory& history;
  store::ComponentStore& components;
  std::span<const actor::FamilyInfo* const> families;
  std::string compile_cache;  // directory; "" = none
};

struct ReplayOptions {
  std::optional<ActorId> actor;  // else every actor
  /// Begin at the newest snapshot that verifies and holds no event from this one on, and at genesis
  /// if there is none. Nothing: begin at genesis.
  std::optional<Seq> from;
  std::optional<Seq> until;        // the last event to replay
  std::optional<Bytes> component;  // other code: report where its behaviour first differs
  /// Called every few thousand events with the count so far. May be empty.
  std::function<void(std::uint64_t events)> on_progress;
};

/// The first event that came out differently.
struct Divergence {
  Seq seq;
  chain::Kind kind = chain::Kind::kCommit;  // of the recorded event
  std::string reason;                       // "the reply differs", one sentence
  std::string recorded;                     // both events as text, one field a line, values in WAVE
  std::string recomputed;
};

struct ActorReplay {
  ActorId actor;
  std::string name;
  std::uint64_t events = 0;                // compared and equal
  std::uint64_t invocations = 0;           // run again
  std::uint64_t skipped = 0;               // invocations that no repetition can reach: not run
  std::optional<Seq> snapshot;             // the last event that the snapshot it began at holds
  std::vector<std::string> bad_snapshots;  // newer ones that do not verify: where and why
  Digest state_root;                       // after the last event replayed
  Digest head;                             // its leaf hash
  std::optional<Divergence> divergence;
};

struct ReplayReport {
  std::vector<ActorReplay> actors;
  std::uint64_t events() const;
  bool is_equal() const;
};

/// Runs the actors one after another. An error means that the history could not be read or the
/// component not be loaded; a divergence is no error.
Result<ReplayReport> replay(const ReplayWorld& world, const ReplayOptions& options);

}  // namespace theater::replay
