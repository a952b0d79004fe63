// The bounds of the actor room (BOUND-1).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"
#include "chain/limits.h"

namespace theater::actor {

inline constexpr std::size_t kNameBytesMax = 64;
inline constexpr std::uint64_t kManifestBytesMax = 1u << 20;
inline constexpr std::uint64_t kComponentBytesMax = 256u << 20;

inline constexpr std::int64_t kBatchItemsMax = 1024;  // one page of inputs holds no more

/// More than this part of what a shard's queue to the log holds waits for the disk: mailboxes are
/// not drained, and a call that has recorded something rests.
inline constexpr std::uint64_t kUndurablePart = 4;
inline constexpr std::uint64_t kUndurableBytesMax = chain::kShardQueueBytes / kUndurablePart;
inline constexpr std::uint64_t kRestLookBytes = 64u << 10;  // that a call records between two looks

/// An actor that has used up its log (limits.log_max) takes nothing new. What is under way, and a
/// stop, may use so many bytes more; then the calls of an invocation are a trap(limit).
inline constexpr std::uint64_t kLogOverrunBytesMax = 16u << 20;

/// Import calls and buffered effects of one invocation; one more traps it.
inline constexpr std::uint64_t kCallsMax = 1'000'000;
inline constexpr std::size_t kEffectsMax = 1024;  // one page of outputs holds no more
inline constexpr std::size_t kEffectBytesMax = 64u << 20;

/// Bytes of an error text or note that are recorded; longer ones are cut.
inline constexpr std::size_t kNoteBytesMax = 4096;

/// An event that is recorded before it is delivered is stored again with its recv up to this size;
/// larger ones are referred to.
inline constexpr std::size_t kStoredTwiceBytesMax = 1024;

/// Before a start of an invocation is tried again: the disk was short, or no instance was free.
inline constexpr Nanoseconds kRetryPause = Milliseconds(50);

/// stop() waits this long for families to drain, then kills.
inline constexpr Nanoseconds kStopGrace = std::chrono::seconds(5);

/// Snapshots are taken when the actor is idle; one that never is takes its snapshot between two
/// invocations after so many events.
inline constexpr std::uint64_t kSnapshotEventsOverdue = 80'000;

}  // namespace theater::actor
