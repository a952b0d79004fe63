// The canonical ABI's ports, bound to an instance: linear memory with realloc, and handles.
#pragma once

#include <algorithm>

#include "wasm/abi.h"
#include "wasm/instance_state.h"

namespace theater::wasm {

/// The memory and realloc of one set of canonical options. Lives for one call.
class InstanceMemory final : public GuestMemory {
 public:
  InstanceMemory(Instance::State& state, const CanonicalOptions& options)
      : state_(state), options_(options) {}
  std::span<std::uint8_t> memory() override;
  TrapOr<std::uint32_t> realloc(const ReallocRequest& request) override;

 private:
  Instance::State& state_;
  const CanonicalOptions& options_;
};

/// The handles of one component instance. The host's own resources cross with the representation
/// the host chose; guest resources with handles of the instance's host table.
class InstanceHandles final : public HandleTable {
 public:
  InstanceHandles(Instance::State& state, std::uint32_t instance)
      : state_(state), instance_(instance) {}
  TrapOr<std::uint64_t> lift_own(std::uint32_t resource, std::uint32_t handle) override;
  TrapOr<std::uint64_t> lift_borrow(std::uint32_t resource, std::uint32_t handle) override;
  TrapOr<std::uint32_t> lower_own(std::uint32_t resource, std::uint64_t id) override;
  TrapOr<std::uint32_t> lower_borrow(std::uint32_t resource, std::uint64_t id) override;

 private:
  bool is_host(std::uint32_t resource) const;

  Instance::State& state_;
  std::uint32_t instance_;
};

/// Both ports and the options, as the ABI wants them.
struct GuestPorts {
  GuestPorts(Instance::State& state, const CanonicalOptions& options)
      : memory(state, options), handles(state, options.instance) {
    side.memory = &memory;
    side.handles = &handles;
    side.encoding = options.encoding;
    // Values that do not overlap in memory take less than twice their bytes there.
    side.lifted_bytes_max = std::min(kLiftedBytesMax, 2 * state.memory_share);
  }
  InstanceMemory memory;
  InstanceHandles handles;
  GuestSide side;
};

}  // namespace theater::wasm
