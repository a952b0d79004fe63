// ChainRules: what the next event of one actor's chain may be, given all before it.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "chain/chunk_tree.h"
#include "chain/event.h"

namespace theater::chain {

/// The events that others may refer to: sends, operations, and commits with messages or replies.
class References {
 public:
  void add(const Record& record, const Digest& leaf);
  /// kCorrupt unless the input's reference names such an event by its hash, and an output it has;
  /// the last event of an operation comes under the commitment that it was recorded with.
  Status check(const Input& input) const;

 private:
  struct Target {
    Seq seq;
    Digest leaf;
    std::uint64_t outputs = 0;
    std::optional<PayloadCommitment> event;  // of an operation's end
  };
  std::unordered_map<ActorId, std::vector<Target>> targets_;  // by seq
};

/// Checks one chain, event by event, in order. Keeps the hashes of the state's chunks, not the
/// state. After a failure it is of no more use.
class ChainRules {
 public:
  explicit ChainRules(const ActorId& actor);

  /// kCorrupt with one sentence, if the event may not stand here. `delta` is the event's, or null.
  Status add(const Record& record, const Digest& leaf, const Delta* delta);

  const ActorId& actor() const { return actor_; }
  Seq next() const { return next_; }
  const Digest& head() const { return head_; }
  const Digest& root() const { return root_; }
  std::uint64_t state_bytes() const { return state_bytes_; }

 private:
  Status check_link(const Record& record) const;
  Status check_genesis(const Record& record) const;
  Status check_state(const Record& record, const Delta* delta);
  Status check_place(const Record& record);
  Status check_call(const Record& record);
  Status end_invocation(const Record& record);

  ActorId actor_;
  Seq next_;
  Digest head_;
  std::uint64_t time_us_ = 0;
  ChunkTree chunks_;
  Digest root_;
  std::uint64_t state_bytes_ = 0;
  std::optional<Seq> invocation_;  // seq of the recv under way
  std::optional<Seq> request_;     // host-req that has no answer yet
  std::optional<std::uint64_t> last_ordinal_;
};

}  // namespace theater::chain
