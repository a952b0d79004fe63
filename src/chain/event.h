// The event: what one record of an actor's chain says, as plain values. Its bytes: codec.h.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.h"

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

using TypeHint = StrongBytes<struct TypeHintTag, 8>;

/// Stands in a record for bytes stored beside it. The digest covers salt, length and bytes.
struct PayloadCommitment {
  std::uint64_t length = 0;
  Digest digest;
  TypeHint type;
  auto operator<=>(const PayloadCommitment&) const = default;
};

/// Another event, by place and hash: the sender's commit or send, or the actor's own op.
struct Reference {
  ActorId actor;
  Seq seq;
  Digest leaf;
  std::optional<std::uint64_t> output;  // index among that commit's outputs
  auto operator<=>(const Reference&) const = default;
};

struct Input {
  PayloadCommitment payload;
  std::optional<Reference> reference;
  auto operator<=>(const Input&) const = default;
};

enum class OutputClass : std::uint8_t {
  kMessage = 0,
  kReply = 1,
  kWrite = 2,
  kTimer = 3,
  kOperation = 4,
  kResource = 5,
  kLog = 6,
  kLifecycle = 7,
};
inline constexpr std::uint8_t kOutputClassMax = 31;
std::string_view output_class_name(OutputClass output_class);

/// An actor, or an id minted by the host or the guest (connection, timer, operation; 0: none).
using OutputTarget = std::variant<std::uint64_t, ActorId>;

struct Output {
  OutputClass output_class = OutputClass::kMessage;
  OutputTarget target;
  PayloadCommitment payload;
  auto operator<=>(const Output&) const = default;
};

/// Stands for more than kInlineItemsMax inputs or outputs, stored beside the record.
struct Page {
  std::uint64_t count = 0;
  std::uint64_t length = 0;
  Digest hash;
  auto operator<=>(const Page&) const = default;
};

enum class InstanceMode : std::uint8_t { kResident = 0, kFresh = 1 };

enum class ActivateReason : std::uint8_t {
  kFirst = 0,
  kEvicted = 1,
  kTrapped = 2,
  kRestarted = 3,
  kUpgraded = 4
};
enum class TrapReason : std::uint8_t {
  kError = 0,  // the guest returned err: its instance lives on
  kTrap = 1,
  kFuel = 2,
  kDeadline = 3,     // replay skips the run
  kInterrupted = 4,  // crash or stop; replay skips the run
  kLimit = 5,        // memory, table or output limits
};
enum class OperationPhase : std::uint8_t {
  kReissued = 0,
  kProgress = 1,
  kDone = 2,
  kFailed = 3,
  kCancelled = 4,
  kInterrupted = 5
};
enum class OverflowPolicy : std::uint8_t { kStop = 0, kRefuse = 1, kCoalesce = 2, kDropOldest = 3 };
enum class LifecycleStep : std::uint8_t {
  kStart = 0,
  kStop = 1,
  kCrash = 2,
  kRestart = 3,
  kMoveOut = 4,
  kMoveIn = 5
};
std::string_view activate_reason_name(ActivateReason reason);
std::string_view trap_reason_name(TrapReason reason);
std::string_view operation_phase_name(OperationPhase phase);
std::string_view overflow_policy_name(OverflowPolicy policy);
std::string_view lifecycle_step_name(LifecycleStep step);

/// Key 14, one type a shape.
struct GenesisBody {  // genesis and upgrade
  Digest component, world, profile;
  PayloadCommitment manifest;  // its text is the record's first attachment
  InstanceMode mode = InstanceMode::kResident;
  Salt nonce;  // 16 random bytes: makes two actors of one manifest differ
  std::optional<ActorId> parent;
  auto operator<=>(const GenesisBody&) const = default;
};
struct ActivateBody {
  ActivateReason reason{};
  auto operator<=>(const ActivateBody&) const = default;
};
struct RepeatBody {
  Seq first;
  auto operator<=>(const RepeatBody&) const = default;
};  // recv: the old recv
struct OrdinalBody {
  std::uint64_t ordinal = 0;
  auto operator<=>(const OrdinalBody&) const = default;
};
struct RequestBody {
  Seq request;
  auto operator<=>(const RequestBody&) const = default;
};  // host-res
struct SendBody {
  OutputClass output_class{};
  OutputTarget target;
  auto operator<=>(const SendBody&) const = default;
};
struct TrapBody {
  TrapReason reason{};
  auto operator<=>(const TrapBody&) const = default;
};
struct OperationBody {
  OperationId id;
  OperationPhase phase{};
  std::uint64_t attempt = 0;
  auto operator<=>(const OperationBody&) const = default;
};
struct OverflowBody {
  std::string queue;  // 1 to kQueueNameBytesMax bytes
  OverflowPolicy policy{};
  std::uint64_t items = 0, bytes = 0;
  auto operator<=>(const OverflowBody&) const = default;
};
struct SnapshotBody {
  Digest manifest;
  Seq seq;  // the last event whose effects it holds
  auto operator<=>(const SnapshotBody&) const = default;
};
struct LifecycleBody {
  LifecycleStep what{};
  std::uint64_t code = 0;
  auto operator<=>(const LifecycleBody&) const = default;
};
struct RecoveryBody {
  std::uint64_t segment = 0, offset = 0, bytes_cut = 0;
  auto operator<=>(const RecoveryBody&) const = default;
};
using Body = std::variant<std::monostate, GenesisBody, ActivateBody, RepeatBody, OrdinalBody,
                          RequestBody, SendBody, TrapBody, OperationBody, OverflowBody,
                          SnapshotBody, LifecycleBody, RecoveryBody>;

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
