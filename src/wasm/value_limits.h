// The named maxima of types and values; each states who refuses what goes beyond it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace theater::wasm {

/// Nesting of a type; Type users recurse this deep at most. Refused by FunctionLayout::compile and
/// by the WAVE parser's types; the planner refuses deeper components before.
inline constexpr std::uint32_t kTypeDepthMax = 100;
/// Parameters and results that travel as core values; more go through memory (specification).
inline constexpr std::size_t kFlatParametersMax = 16;
inline constexpr std::size_t kFlatResultsMax = 1;
/// Bytes of one string or one list in guest memory (specification).
inline constexpr std::uint64_t kStringBytesMax = (1u << 28) - 1;
inline constexpr std::uint64_t kListBytesMax = (1u << 28) - 1;
/// Bytes of one element in guest memory (specification: below the list maximum).
inline constexpr std::uint64_t kElementBytesMax = kListBytesMax;
/// Labels of a flags type (specification).
inline constexpr std::size_t kFlagsMax = 32;
/// Layout nodes of one function: bounds what a hostile component makes the host compute.
inline constexpr std::size_t kLayoutNodesMax = 100'000;
/// Canonical bytes one call may lift. A guest may list the same memory many times over, so guest
/// memory does not bound them. Room for the largest list and a mebibyte besides; beyond it the call
/// traps.
inline constexpr std::uint64_t kLiftedBytesMax = kListBytesMax + (1u << 20);
/// Elements, numbers apart, of all lists that one call may lift: one canonical byte may stand for
/// an element that takes the host a hundred bytes. Beyond it the call traps.
inline constexpr std::uint64_t kLiftedElementsMax = 1'000'000;
/// Bytes of a type in WIT syntax; to_wit ends there. Component::load refuses functions whose types
/// take more together: a type may name the same parts many times over.
inline constexpr std::size_t kWitBytesMax = 4u << 20;

}  // namespace theater::wasm
