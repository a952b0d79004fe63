// What a verification found. The whole check of a data directory: store/verify.h.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "chain/event.h"
#include "chain/log_position.h"

namespace theater::chain {

/// The first thing that is not as it must be.
struct BadEvent {
  Location location;
  std::optional<ActorId> actor;  // known unless the damage hides it
  std::optional<Seq> seq;
  std::string reason;  // one sentence
};

struct VerifiedActor {
  ActorId actor;
  std::uint64_t events = 0;
  Digest head;  // leaf hash of its last event
  Digest state_root;
  std::uint64_t state_bytes = 0;
};

struct VerifyReport {
  std::optional<BadEvent> bad;  // nothing: all is good
  std::uint64_t events = 0, batches = 0, payloads = 0, snapshots = 0;
  std::uint64_t bytes = 0;         // that hold something: not what files have in reserve
  std::uint64_t torn_bytes = 0;    // after the end: an unfinished write of a running or killed node
  std::vector<std::string> notes;  // what is no damage and yet worth a sentence
  Lsn last;
  std::vector<VerifiedActor> actors;  // sorted by id
  bool good() const { return !bad; }
};

struct VerifyProgress {
  std::uint64_t bytes_done = 0, bytes_total = 0, events = 0;
};

struct VerifyOptions {
  std::optional<ActorId> actor;  // check payloads and state of this actor only; the log in whole
  std::function<void(const VerifyProgress&)> on_progress;  // every few MiB; may be empty
  /// Further checks of each event (value types, ...); an error makes the event bad. May be empty.
  std::function<Status(const Record&)> check_event;
};

}  // namespace theater::chain
