// Resources of an instance: calls as scopes of borrows, lending, transfer, destruction.
#include "wasm/engine_limits.h"
#include "wasm/instance_state.h"

namespace theater::wasm {
namespace {

std::unexpected<Trap> refuse(TrapKind kind, std::string message) {
  return std::unexpected(Trap{kind, std::move(message), ""});
}

}  // namespace

TrapOr<void> Instance::State::enter_scope() {
  if (scope_count >= kCallDepthMax) {
    return refuse(TrapKind::kStackOverflow, "too many calls between components at one time");
  }
  if (scope_count == scopes.size()) scopes.emplace_back();
  ++scope_count;
  CallScope& entered = scope();
  entered.borrows = 0;
  entered.lenders.clear();
  entered.host_temporary.clear();
  return {};
}

TrapOr<void> Instance::State::exit_scope() {
  if (scope_count == 0) return refuse(TrapKind::kOther, "a call ended that had not begun");
  CallScope& ended = scope();
  if (ended.borrows != 0) {
    return refuse(TrapKind::kResource, "borrow handles still remain at the end of the call");
  }
  lent -= ended.lenders.size();
  for (const Lender& lender : ended.lenders) table(lender.table).end_lend(lender.handle);
  for (const std::uint32_t handle : ended.host_temporary) host_table.forget(handle);
  --scope_count;
  return {};
}

TrapOr<ResourceReference> Instance::State::take_own(std::uint32_t instance, std::uint32_t resource,
                                                    std::uint32_t handle) {
  const TrapOr<ResourceTable::Entry*> found = table(instance).find(resource, handle);
  if (!found) return std::unexpected(found.error());
  if ((*found)->state != ResourceTable::Entry::State::kOwn) {
    return refuse(TrapKind::kResource,
                  fmt::format("handle index {} is borrowed, not owned", handle));
  }
  const TrapOr<ResourceTable::Entry> removed = table(instance).remove(resource, handle);
  if (!removed) return std::unexpected(removed.error());
  return removed->reference;
}

TrapOr<ResourceReference> Instance::State::lend(std::uint32_t instance, std::uint32_t resource,
                                                std::uint32_t handle) {
  const TrapOr<ResourceTable::Entry*> found = table(instance).find(resource, handle);
  if (!found) return std::unexpected(found.error());
  ResourceTable::Entry& entry = **found;
  if (entry.state == ResourceTable::Entry::State::kOwn) {
    if (lent >= kHandlesMax) return refuse(TrapKind::kResource, "too many handles are lent");
    ++lent;
    ++entry.lends;
    scope().lenders.push_back({instance, handle});
  }
  return entry.reference;
}

TrapOr<std::uint32_t> Instance::State::lower_borrowed(std::uint32_t instance,
                                                      const ResourceReference& reference) {
  // The instance that defines a resource gets the representation itself (specification).
  if (component.plan.resources[reference.resource].instance == instance) {
    return static_cast<std::uint32_t>(reference.representation);
  }
  const TrapOr<std::uint32_t> handle = tables[instance].insert_borrow(reference, scope_place());
  if (handle) ++scope().borrows;
  return handle;
}

TrapOr<void> Instance::State::drop_handle(std::uint32_t instance, std::uint32_t resource,
                                          std::uint32_t handle) {
  const TrapOr<ResourceTable::Entry> removed = table(instance).remove(resource, handle);
  if (!removed) return std::unexpected(removed.error());
  if (removed->state == ResourceTable::Entry::State::kOwn) return destroy(removed->reference);
  --scopes[removed->scope].borrows;
  return {};
}

TrapOr<void> Instance::State::destroy(const ResourceReference& reference) {
  if (!component.plan.resources[reference.resource].instance) {
    handler.drop_resource(reference.resource, reference.representation);
    return {};
  }
  const std::optional<wasmtime_func_t>& destructor = destructors[reference.resource];
  if (!destructor) return {};
  CoreValue value;
  value.i32 = static_cast<std::int32_t>(reference.representation);
  return enter_guest(*destructor, {&value, 1});
}

}  // namespace theater::wasm
