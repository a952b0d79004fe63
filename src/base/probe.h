// PROBE: marks a rare situation in the code, so that the simulation can prove that it was reached.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

namespace theater {

/// One PROBE of the program. Its count is the only thing in it that changes.
struct alignas(16) ProbePoint {
  const char* name;
  std::atomic<std::uint64_t> hits;
};

/// Every PROBE that is linked into this program, reached or not. Counts are the process's.
std::span<const ProbePoint> probes();

}  // namespace theater

/// Counts that the situation `name` has come about. Costs one relaxed addition. Only in functions
/// of .cc files that are no templates: the linker gathers the points in one section.
#define PROBE(name)                                                            \
  do {                                                                         \
    [[gnu::section("theater_probes"),                                          \
      gnu::used]] static constinit ::theater::ProbePoint probe_point{name, 0}; \
    probe_point.hits.fetch_add(1, std::memory_order_relaxed);                  \
  } while (false)
