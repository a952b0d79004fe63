// The event: what one record of an actor's chain says, as plain values. Its bytes: codec.h.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "chain/commitment.h"
#include "chain/event_body.h"

namespace theater::chain {

/// What happened. The numbers are the format's; 17 to 19 are reserved and refused by this version.
enum class Kind : std::uint8_t {
  kGenesis = 1,       // actor created, state empty
  kUpgrade = 2,       // component or manifest replaced
  kActivate = 3,      // new guest instance, fresh memory
  kReceive = 4,       // batch for one export, before the guest sees it
  kHostCall = 5,      // synchronous import returned
  kHostRequest = 6,   // import suspends or acts at once; durable before the effect
  kHostResponse = 7,  // its result, before the fiber resumes
  kSend = 8,          // output that no invocation made
  kCommit = 9,        // invocation ended well
  kTrap = 10,         // invocation ended badly; the old state stands
  kOperation = 11,    // operation re-issued, progress on request, terminal event
  kOverflow = 12,     // bounded queue refused, coalesced or dropped
  kDenied = 13,       // call without grant
  kSnapshot = 14,     // snapshot is durable
  kLifecycle = 15,    // start, stop, crash, restart, move
  kRecovery = 16,     // node chain: log end found after a crash
  kRedact = 17,
  kPrune = 18,
  kCheckpoint = 19,
};
inline constexpr std::uint8_t kKindMax = 16;  // the last one this version writes and reads

/// The lower-case word of a kind: "recv", "host-call", ...
std::string_view kind_name(Kind kind);

/// Where a record stands: what the chain adds to a draft.
struct Link {
  ActorId actor;
  Seq seq;
  Digest previous;  // leaf hash of seq-1; zeros in genesis
  std::uint64_t time_us = 0;
  auto operator<=>(const Link&) const = default;
};

/// What the caller of append says. Borrows its lists: cheap to build on the stack.
struct RecordDraft {
  Kind kind{};
  std::optional<Seq> invocation;  // seq of its recv
  std::span<const Input> inputs;
  std::string_view name;                        // "ns:pkg/iface@1.0.0#function"; empty: none
  std::span<const PayloadCommitment> payloads;  // arguments, result, error text, note
  std::optional<Digest> state_root;             // commit, trap, snapshot
  std::optional<std::int64_t> outcome;          // commit, trap: 0 ok, 1 err, 2 trap
  std::optional<std::uint64_t> fuel;
  Body body;
  std::span<const Output> outputs;
};

/// A decoded record. Lists that stand in a page are resolved by whoever holds the page's bytes.
struct Record {
  Link link;
  Kind kind{};
  std::optional<Seq> invocation;
  std::vector<Input> inputs;
  std::optional<Page> input_page;
  std::string name;
  std::vector<PayloadCommitment> payloads;
  std::optional<Digest> state_root;
  std::optional<std::int64_t> outcome;
  std::optional<std::uint64_t> fuel;
  Body body;
  std::vector<Output> outputs;
  std::optional<Page> output_page;

  /// The same record as a draft: borrows this record's lists.
  RecordDraft draft() const {
    return {kind, invocation, inputs, name, payloads, state_root, outcome, fuel, body, outputs};
  }
  bool operator==(const Record&) const = default;
};

}  // namespace theater::chain
