// HistoryFold: what a restart learns from an actor's events: ids, live resources, unfinished work.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "actor/families.h"
#include "actor/parcel.h"
#include "actor/program.h"
#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "store/actor_history.h"

namespace theater::actor {

/// What a snapshot remembers of an actor, apart from its state and its families' parts.
struct Remembered {
  std::uint64_t next_id = 1;
  bool is_initialized = false;  // an init has been committed
  Digest state_component;       // under which the state was last written
};

/// What a fold ends with, apart from the families' own parts.
struct Restored : Remembered {
  std::optional<Seq> unfinished;  // a recv without an end
  bool stopped_cleanly = true;    // the last lifecycle event was a stop (or there is none)
  Parcels parcels;                // to be delivered again, in order
};

/// Folds one actor's events, oldest first. Families are told of the effects that were committed and
/// of the events that were delivered. An event whose invocation a crash ended is owed: it becomes
/// part of a parcel, whatever the invocation had done.
class HistoryFold {
 public:
  HistoryFold(const Program& program, Families& families)
      : program_(program), families_(families) {}

  /// Before the first add: the part of a snapshot that is the actor's own.
  Status load(ByteSpan actor_part);
  Status add(const store::StoredEvent& event);
  /// After the last: what was under way becomes a parcel.
  Result<Restored> finish();

 private:
  Status add_receive(const store::StoredEvent& event);
  Status add_outputs(const store::StoredEvent& event, Settlement settlement);
  Status add_commit(const store::StoredEvent& event);
  Status add_operation(const store::StoredEvent& event);
  Status add_trap(const store::StoredEvent& event);
  void owe(const ExportTarget& target);

  const Program& program_;
  Families& families_;
  Restored restored_;
  Digest component_;
  struct Open {
    Seq seq, first;
    std::string name;
    EventBatch inputs{BatchLimits{SIZE_MAX, SIZE_MAX}};
    std::size_t asked = 0;  // calls of Asking::kOnce, in this run and those before it
  };
  std::optional<Open> open_;
};

/// The actor's own part of a snapshot.
Bytes save_actor_part(const Remembered& remembered, const Families& families);
/// The next id that such a part says: what a replay needs of it.
Result<std::uint64_t> saved_next_id(ByteSpan actor_part);

}  // namespace theater::actor
