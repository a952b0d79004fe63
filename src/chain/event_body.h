// Key 14 of a record, the body: one type a shape, and the reasons and phases that stand in it.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/ids.h"
#include "chain/commitment.h"

namespace theater::chain {

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

}  // namespace theater::chain
