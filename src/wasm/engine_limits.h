// The named maxima of the engine's own structures; each states who refuses what goes beyond it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace theater::wasm {

/// Bytes of a component; Component::load refuses more (kTooLarge).
inline constexpr std::size_t kComponentBytesMax = std::size_t{256} << 20;
/// Core modules, adapters included, of one component; refused by the plan decoder.
inline constexpr std::size_t kModulesMax = 1000;
/// Items of any other section of a plan; refused by the plan decoder.
inline constexpr std::size_t kPlanItemsMax = 1'000'000;
/// Handles one actor instance may hold in all its tables; the call that makes one more traps.
inline constexpr std::size_t kHandlesMax = 100'000;
/// Component-to-component calls under way at one time in one instance; one more traps.
inline constexpr std::size_t kCallDepthMax = 10'000;
/// Frames of a trap's backtrace that are kept.
inline constexpr std::size_t kBacktraceFramesMax = 32;
/// Guest time the start functions of one instance may take together, whatever the call deadline:
/// they run on the shard without yielding.
inline constexpr std::uint64_t kStartMillisecondsMax = 1000;
/// Guest code's share of a call's stack; the rest of the fiber is the host's.
inline constexpr std::size_t kGuestStackBytes = std::size_t{512} << 10;
inline constexpr std::size_t kFiberStackBytes = std::size_t{2} << 20;

}  // namespace theater::wasm
