// What a family says of an operation when it is started, and hears when it is to be done.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/time.h"
#include "host/operation.h"
#include "host/wit_types.h"

namespace theater::host {

/// How the result of an operation reaches the guest.
enum class Delivery : std::uint8_t {
  kInline,  // whole, in the last event
  kParts,   // in events of their own while the guest gives credit; a small last event
  kKept,    // held by the host, read with collect; a small last event
};

inline constexpr std::uint64_t kInlineBytesMax = 256 * 1024;  // of a last event
inline constexpr std::uint64_t kCreditDefault = 256 * 1024;
inline constexpr std::uint64_t kCreditMax = std::uint64_t{1} << 40;  // more is no more
inline constexpr std::uint64_t kKeptBytesMax = 8 << 20;              // of one actor and family
inline constexpr Nanoseconds kKeptTime = std::chrono::seconds(60);
inline constexpr std::uint64_t kEndBytesMax = 16 << 20;  // of last events that wait
/// Of the arguments of operations that have not ended; one by itself may have more.
inline constexpr std::uint64_t kArgumentBytesMax = 64 << 20;
/// Arguments up to this size are shown until the guest has its last event; larger ones are let go.
inline constexpr std::size_t kEndedArgumentsMax = 4096;
inline constexpr std::uint64_t kCollectBytesMax = 1 << 20;  // of one collect

/// How an operation is to run.
struct Plan {
  Delivery delivery = Delivery::kInline;
  std::optional<Nanoseconds> time_max;  // from its start; nothing: it stands until it is cancelled
  CrashRule crash = CrashRule::kInterrupt;
  std::uint64_t credit = kCreditDefault;  // bytes of parts before the first `more`
};

/// What the check of a start answers: how, or why not. It looks at arguments and grant alone: a
/// restart asks it again.
using Planned = std::expected<Plan, GuestError>;

enum class Attempt : std::uint8_t {
  kFirst,
  kReattach,  // after a crash: it goes on where it was, or begins anew without harm
  kReissue,   // after a crash: it is done again; recorded
  kLookup,    // after a crash: a ledger knows whether it was done; else it is done again
};

/// One operation to be done: the first parameter of the method that does it.
struct Work {
  OperationId id;  // with the actor's id a key for idempotence
  Attempt attempt = Attempt::kFirst;
  std::uint64_t number = 1;  // of the attempt
  Seq seq;                   // of the commit that started it
  std::optional<MonotonicTime> deadline;
};

/// The call that starts an operation.
struct StartCall {
  std::size_t function = 0;
  ByteSpan arguments;
};

}  // namespace theater::host
