// From wasmtime's callbacks to the instance: one function for each kind of trampoline.
#include "wasm/trampolines.h"

#include <exception>

#include "wasm/failure.h"
#include "wasm/instance_state.h"
#include "wasm/transcoder.h"

namespace theater::wasm {
namespace {

using Values = std::span<CoreValue>;

Instance::State& instance_of(wasmtime_caller_t* caller) {
  return *static_cast<Instance::State*>(wasmtime_context_get_data(wasmtime_caller_context(caller)));
}

std::uint32_t word(const Values& values, std::size_t index) {
  return static_cast<std::uint32_t>(values[index].i32);
}

std::unexpected<Trap> refuse(TrapKind kind, std::string message) {
  return std::unexpected(Trap{kind, std::move(message), ""});
}

TrapOr<void> answer(const TrapOr<std::uint32_t>& number, Values values) {
  if (!number) return std::unexpected(number.error());
  values[0].i32 = static_cast<std::int32_t>(*number);
  return {};
}

std::span<std::uint8_t> memory_at(const Instance::State& state, std::uint32_t index) {
  const std::optional<wasmtime_memory_t>& memory = state.memories[index];
  if (!memory) return {};
  return {wasmtime_memory_data(state.context, &*memory),
          wasmtime_memory_data_size(state.context, &*memory)};
}

TrapOr<void> run_transcode(Instance::State& state, const TrampolinePlan& plan, Values values) {
  const TranscodeMemories memories{memory_at(state, plan.from), memory_at(state, plan.to)};
  return transcode(plan.transcode, memories, values);
}

TrapOr<void> resource_new(Instance::State& state, const TrampolinePlan& plan, Values values) {
  if (auto allowed = state.check_may_leave(plan.instance); !allowed) return allowed;
  const TablePlan& table = state.component.plan.tables[plan.table];
  return answer(state.tables[table.instance].insert_own({*table.resource, word(values, 0)}),
                values);
}

TrapOr<void> resource_rep(Instance::State& state, const TrampolinePlan& plan, Values values) {
  const TablePlan& table = state.component.plan.tables[plan.table];
  const TrapOr<ResourceTable::Entry*> found =
      state.tables[table.instance].find(*table.resource, word(values, 0));
  if (!found) return std::unexpected(found.error());
  return answer(static_cast<std::uint32_t>((*found)->reference.representation), values);
}

TrapOr<void> resource_drop(Instance::State& state, const TrampolinePlan& plan, Values values) {
  if (auto allowed = state.check_may_leave(plan.instance); !allowed) return allowed;
  const TablePlan& table = state.component.plan.tables[plan.table];
  return state.drop_handle(table.instance, *table.resource, word(values, 0));
}

/// A table an adapter names at run time.
TrapOr<TablePlan> table_at(const Instance::State& state, std::uint32_t index) {
  const std::vector<TablePlan>& tables = state.component.plan.tables;
  if (index < tables.size() && tables[index].resource) return tables[index];
  return refuse(TrapKind::kOther, "an adapter names a handle table that does not exist");
}

TrapOr<void> transfer(Instance::State& state, TrampolinePlan::Kind kind, Values values) {
  const TrapOr<TablePlan> from = table_at(state, word(values, 1));
  if (!from) return std::unexpected(from.error());
  const TrapOr<TablePlan> to = table_at(state, word(values, 2));
  if (!to) return std::unexpected(to.error());
  const std::uint32_t handle = word(values, 0);
  if (kind == TrampolinePlan::Kind::kTransferOwn) {
    const auto taken = state.take_own(from->instance, *from->resource, handle);
    if (!taken) return std::unexpected(taken.error());
    return answer(state.tables[to->instance].insert_own({*to->resource, taken->representation}),
                  values);
  }
  const auto lent = state.lend(from->instance, *from->resource, handle);
  if (!lent) return std::unexpected(lent.error());
  return answer(state.lower_borrowed(to->instance, {*to->resource, lent->representation}), values);
}

TrapOr<void> dispatch(Instance::State& state, const LinkedTrampoline& trampoline, Values values) {
  using Kind = TrampolinePlan::Kind;
  const TrampolinePlan& plan = *trampoline.plan;
  switch (plan.kind) {
    case Kind::kLowerImport:
      return state.run_import(trampoline, values);
    case Kind::kTranscode:
      return run_transcode(state, plan, values);
    case Kind::kResourceNew:
      return resource_new(state, plan, values);
    case Kind::kResourceRep:
      return resource_rep(state, plan, values);
    case Kind::kResourceDrop:
      return resource_drop(state, plan, values);
    case Kind::kTransferOwn:
    case Kind::kTransferBorrow:
      return transfer(state, plan.kind, values);
    case Kind::kEnterCall:
      return state.enter_scope();
    case Kind::kExitCall:
      return state.exit_scope();
    case Kind::kTrap: {
      const std::uint32_t code = word(values, 0);
      return refuse(kind_of_trap_code(code), message_of_trap_code(code));
    }
  }
  return refuse(TrapKind::kOther, "unknown trampoline");
}

/// Runs `work` where C calls us: an exception of ours ends the call, not the process.
template <typename Work>
wasm_trap_t* guarded(Instance::State& state, Work work) {
  TrapOr<void> done;
  try {
    done = work();
  } catch (const std::exception& error) {
    done = refuse(TrapKind::kHost, fmt::format("a host function failed: {}", error.what()));
  }
  if (done) [[likely]]
    return nullptr;
  return state.raise(std::move(done.error()));
}

bool answered(void* state) {
  return static_cast<const Instance::State*>(state)->waiting == Waiting::kAnswered;
}

}  // namespace

wasm_trap_t* run_trampoline(void* environment, wasmtime_caller_t* caller,
                            wasmtime_val_raw_t* values, std::size_t count) {
  Instance::State& state = instance_of(caller);
  const auto& trampoline = *static_cast<const LinkedTrampoline*>(environment);
  const Values all{reinterpret_cast<CoreValue*>(values), count};
  return guarded(state, [&] { return dispatch(state, trampoline, all); });
}

wasm_trap_t* run_call(void*, wasmtime_caller_t* caller, wasmtime_val_raw_t*, std::size_t) {
  Instance::State& state = instance_of(caller);
  return guarded(state, [&] { return state.run_call(); });
}

void run_wait(void*, wasmtime_caller_t* caller, const wasmtime_val_t*, std::size_t, wasmtime_val_t*,
              std::size_t, wasm_trap_t**, wasmtime_async_continuation_t* continuation) {
  continuation->callback = answered;
  continuation->env = &instance_of(caller);
  continuation->finalizer = nullptr;
}

}  // namespace theater::wasm
