// Memory and handles of an instance behind the canonical ABI's ports.
#include "wasm/guest_ports.h"

namespace theater::wasm {
namespace {

std::unexpected<Trap> refuse(TrapKind kind, std::string message) {
  return std::unexpected(Trap{kind, std::move(message), ""});
}

}  // namespace

std::span<std::uint8_t> InstanceMemory::memory() {
  if (!options_.memory) return {};
  const std::optional<wasmtime_memory_t>& memory = state_.memories[*options_.memory];
  if (!memory) return {};  // a start function calls out before its memory is known: no bytes yet
  return {wasmtime_memory_data(state_.context, &*memory),
          wasmtime_memory_data_size(state_.context, &*memory)};
}

TrapOr<std::uint32_t> InstanceMemory::realloc(const ReallocRequest& request) {
  if (!options_.realloc || !state_.reallocs[*options_.realloc]) {
    return refuse(TrapKind::kAbi, "the guest has no realloc to receive a value with");
  }
  CoreValue values[4];
  values[0].i32 = static_cast<std::int32_t>(request.old_pointer);
  values[1].i32 = static_cast<std::int32_t>(request.old_size);
  values[2].i32 = static_cast<std::int32_t>(request.alignment);
  values[3].i32 = static_cast<std::int32_t>(request.new_size);
  const bool before = state_.may_leave(options_.instance);
  state_.set_may_leave(options_.instance, Leave::kForbidden);
  const TrapOr<void> called = state_.enter_guest(*state_.reallocs[*options_.realloc], values);
  state_.set_may_leave(options_.instance, before ? Leave::kAllowed : Leave::kForbidden);
  if (!called) return std::unexpected(called.error());
  return static_cast<std::uint32_t>(values[0].i32);
}

bool InstanceHandles::is_host(std::uint32_t resource) const {
  return !state_.component.plan.resources[resource].instance;
}

TrapOr<std::uint64_t> InstanceHandles::lift_own(std::uint32_t resource, std::uint32_t handle) {
  const TrapOr<ResourceReference> taken = state_.take_own(instance_, resource, handle);
  if (!taken) return std::unexpected(taken.error());
  if (is_host(resource)) return taken->representation;
  return state_.host_table.insert_own(*taken);
}

TrapOr<std::uint64_t> InstanceHandles::lift_borrow(std::uint32_t resource, std::uint32_t handle) {
  const TrapOr<ResourceReference> lent = state_.lend(instance_, resource, handle);
  if (!lent) return std::unexpected(lent.error());
  if (is_host(resource)) return lent->representation;
  const TrapOr<std::uint32_t> id = state_.host_table.insert_borrow(*lent, state_.scope_place());
  if (id) state_.scope().host_temporary.push_back(*id);
  return id;
}

TrapOr<std::uint32_t> InstanceHandles::lower_own(std::uint32_t resource, std::uint64_t id) {
  if (is_host(resource)) return state_.tables[instance_].insert_own({resource, id});
  if (id > 0xffffffff) return refuse(TrapKind::kHost, "the host named an unknown guest resource");
  const TrapOr<ResourceReference> taken =
      state_.take_own(kHostTable, resource, static_cast<std::uint32_t>(id));
  if (!taken) return std::unexpected(taken.error());
  return state_.tables[instance_].insert_own(*taken);
}

TrapOr<std::uint32_t> InstanceHandles::lower_borrow(std::uint32_t resource, std::uint64_t id) {
  if (is_host(resource)) return state_.lower_borrowed(instance_, {resource, id});
  if (id > 0xffffffff) return refuse(TrapKind::kHost, "the host named an unknown guest resource");
  const TrapOr<ResourceReference> lent =
      state_.lend(kHostTable, resource, static_cast<std::uint32_t>(id));
  if (!lent) return std::unexpected(lent.error());
  return state_.lower_borrowed(instance_, *lent);
}

}  // namespace theater::wasm
