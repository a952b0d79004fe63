// ActorAudit: reads one actor's chain from its beginning and holds it against what was seen from
// outside and against the model.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/model.h"
#include "sim/program_audit.h"
#include "sim/timer_audit.h"
#include "sim/witness.h"
#include "store/state_tree.h"
#include "store/stored_event.h"

namespace theater::sim {

/// How much of what was seen has to be in the chain.
enum class Extent : std::uint8_t {
  kPrefix,  // the node was cut off: a beginning of it
  kAll,     // nothing is under way: all of the last life
  kHeldUp,  // its log is used up: all of the last life that it took; what it did not take waits
};

/// Fed with all events in order. An error is a broken invariant.
class ActorAudit {
 public:
  explicit ActorAudit(const Witness& witness) : witness_(witness) {}

  Status add(const store::StoredEvent& event);
  /// `waiting`: socket events that are in its queue.
  Status finish(Extent extent, std::uint64_t waiting);

 private:
  struct LifeRecord {
    std::vector<Bytes> socket_events, events;  // delivered for the first time, in order
    std::vector<Performed> outputs;            // committed, in order
  };

  Status add_receive(const store::StoredEvent& event);
  Status add_commit(const store::StoredEvent& event);
  Status add_trap(const store::StoredEvent& event);
  Status add_outputs(const store::StoredEvent& event);
  void add_request(const store::StoredEvent& event);
  Status take_owed(const Bytes& input);
  Status note_first(const Bytes& input);
  Status compare_life(std::size_t life) const;
  Status compare_sizes(std::uint64_t waiting) const;
  bool is_sockets() const { return handler_.contains("websocket-server"); }
  bool is_timer() const { return handler_.contains("timer"); }
  bool is_programs() const { return handler_.contains("process"); }
  bool is_init() const { return handler_.contains("lifecycle"); }
  LifeRecord& life_of(Seq seq);
  const LifeRecord& told_of(std::size_t life) const;

  const Witness& witness_;
  Seq next_;
  Digest last_leaf_;
  store::StateTree state_;
  Model model_;
  bool is_initialized_ = false;

  bool is_open_ = false;  // between a recv and its end
  std::string handler_;
  std::vector<Bytes> inputs_;  // of the open recv
  Seq receive_;
  std::map<Bytes, int> owed_;  // to be delivered again
  std::set<Bytes> seen_;       // delivered at least once, of those that are unique
  std::vector<LifeRecord> lives_;
  TimerAudit timers_;
  ProgramAudit programs_;
};

}  // namespace theater::sim
