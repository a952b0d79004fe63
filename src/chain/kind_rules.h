// Which keys a record of each kind has: one table, used by encoder and decoder. Which kinds are
// calls.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "chain/event.h"

namespace theater::chain {

/// Map keys of a record.
enum class Key : std::uint8_t {
  kVersion = 0,
  kActor = 1,
  kSeq = 2,
  kPrevious = 3,
  kKind = 4,
  kTime = 5,
  kInvocation = 6,
  kInputs = 7,
  kName = 8,
  kPayloads = 9,
  kStateRoot = 10,
  kReserved = 11,
  kOutcome = 12,
  kFuel = 13,
  kBody = 14,
  kOutputs = 15,
};
inline constexpr std::uint64_t kSuite = 1;  // key 0: format and hash suite

using KeySet = std::uint32_t;  // bit n: key n
constexpr KeySet key_bit(Key key) { return KeySet{1} << static_cast<unsigned>(key); }

/// Whether such an event is a host call that is being made: it can still be refused, where all
/// others have happened, or begin or end something.
constexpr bool is_call(Kind kind) {
  return kind == Kind::kHostCall || kind == Kind::kHostRequest || kind == Kind::kDenied;
}

/// What the optional keys 6 to 15 of a kind may be.
struct KindRule {
  KeySet required = 0;
  KeySet allowed = 0;  // includes the required ones
  std::uint8_t payloads_max = 0;
};

/// The rule of a kind, or nullptr for a kind this version refuses.
const KindRule* kind_rule(std::uint64_t kind);

/// The optional keys that a draft fills.
KeySet keys_of(const RecordDraft& draft);

/// Checks keys and body shape against the kind. The message names kind and key.
Status check_kind(const RecordDraft& draft);
Status check_keys(std::uint64_t kind, KeySet present);

}  // namespace theater::chain
