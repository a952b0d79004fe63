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
/// Handles one instance may hold in all its tables, and lend in all its calls; one more traps.
inline constexpr std::size_t kHandlesMax = 100'000;
/// Component-to-component calls under way at one time in one instance; one more traps.
inline constexpr std::size_t kCallDepthMax = 10'000;
/// Frames of a trap's backtrace that are kept.
inline constexpr std::size_t kBacktraceFramesMax = 32;
/// Guest time the start functions of one instance may take together, whatever the call deadline:
/// they run on the shard without yielding.
inline constexpr std::uint64_t kStartMillisecondsMax = 1000;
/// Guest code's share of a call's stack, each time the host calls it; the rest of the fiber is the
/// host's.
inline constexpr std::size_t kGuestStackBytes = std::size_t{512} << 10;
inline constexpr std::size_t kFiberStackBytes = std::size_t{2} << 20;
/// Calls of the host into the guest under way at one time: an export, a destructor that it sets
/// off, and a realloc or another destructor in that. Each has kGuestStackBytes; one more traps.
inline constexpr std::uint32_t kEntriesMax = 3;
static_assert(kEntriesMax * kGuestStackBytes + kGuestStackBytes <= kFiberStackBytes);
/// Core instances, adapters included, that one instance is made of, and the items they are given
/// together: the shard makes them in one go. Component::load refuses more (kTooLarge).
inline constexpr std::size_t kCoreInstancesMax = 500;
inline constexpr std::size_t kDefinitionsMax = 50'000;
/// Memories and tables of one instance, of all the node's; Component::load refuses more memories
/// (kTooLarge), instantiation more tables.
inline constexpr std::uint32_t kMemoriesMax = 64;
inline constexpr std::uint32_t kTablesMax = 256;
/// Elements of one table, whatever a manifest says: what the node's pool holds ready.
inline constexpr std::uint32_t kTableElementsMax = 100'000;

}  // namespace theater::wasm
