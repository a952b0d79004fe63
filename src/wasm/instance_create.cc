// Instantiation: the plan's initializers, in order, in a new store.
#include <algorithm>

#include "wasm/engine_limits.h"
#include "wasm/failure.h"
#include "wasm/instance_state.h"

namespace theater::wasm {
namespace {

std::unexpected<Trap> missing(std::string_view what) {
  return std::unexpected(Trap{TrapKind::kOther, fmt::format("the component lacks {}", what), ""});
}

wasmtime_error_t* epoch_reached(wasmtime_context_t*, void* data, std::uint64_t* delta,
                                wasmtime_update_deadline_kind_t* kind) {
  return static_cast<Instance::State*>(data)->on_epoch(delta, kind);
}

/// A new may-leave global, true.
wasmtime_global_t make_flag(wasmtime_context_t* context) {
  wasm_globaltype_t* type = wasm_globaltype_new(wasm_valtype_new(WASM_I32), WASM_VAR);
  wasmtime_val_t value;
  value.kind = WASMTIME_I32;
  value.of.i32 = 1;
  wasmtime_global_t global;
  EngineFailure failure;
  failure.error = wasmtime_global_new(context, type, &value, &global);
  wasm_globaltype_delete(type);
  return global;
}

/// What went wrong while instantiating, for people.
Error instantiation_error(const Trap& trap) {
  const bool full = trap.message.find("maximum concurrent limit") != std::string::npos ||
                    trap.message.find("Cannot allocate memory") != std::string::npos;
  if (full) return {Code::kFull, "no room for another instance: " + trap.message};
  if (trap.kind == TrapKind::kOther) return {Code::kUnsupported, "instantiation: " + trap.message};
  return {trap.kind == TrapKind::kDeadline ? Code::kDeadline : Code::kInvalid,
          fmt::format("the component's start function trapped: {}", trap.message)};
}

}  // namespace

Instance::State::State(std::shared_ptr<const LinkedComponent> linked_component,
                       const InstanceLimits& instance_limits, ImportHandler& import_handler)
    : linked(std::move(linked_component)),
      link(linked->state()),
      component(linked->component().state()),
      limits(instance_limits),
      handler(import_handler) {
  const Plan& plan = component.plan;
  memories.resize(plan.memories);
  reallocs.resize(plan.reallocs);
  post_returns.resize(plan.post_returns);
  destructors.resize(plan.resources.size());
  exports.resize(plan.exports.size());
  flags.resize(plan.component_instances);
  tables.assign(plan.component_instances, ResourceTable(handles));

  store.reset(wasmtime_store_new(component.engine->handle(), this, nullptr));
  context = wasmtime_store_context(store.get());
  const std::uint64_t shares = component.hidden_memories + (component.visible_memories > 0 ? 1 : 0);
  memory_share = std::min<std::uint64_t>(limits.memory_bytes_max, INT64_MAX);
  if (shares > 1) memory_share /= shares;
  wasmtime_store_limiter(store.get(), static_cast<std::int64_t>(memory_share),
                         std::min(limits.table_elements_max, kTableElementsMax), kCoreInstancesMax,
                         kTablesMax, kMemoriesMax);
  wasmtime_store_epoch_deadline_callback(store.get(), epoch_reached, this, nullptr);
  wasmtime_context_set_epoch_deadline(context, 1);
  if (component.flags_shared) {
    for (MayLeaveFlag& flag : flags) flag.global = make_flag(context);
  }
}

Instance::State::~State() {
  future.reset();  // unwinds the guest, if a call is under way
  for (const ResourceTable& table : tables) {
    table.for_each_own([&](const ResourceReference& reference) {
      if (component.plan.resources[reference.resource].instance) return;
      handler.drop_resource(reference.resource, reference.representation);
    });
  }
}

Nanoseconds Instance::State::start_deadline() const {
  return std::min<Nanoseconds>(limits.deadline, Milliseconds(kStartMillisecondsMax));
}

TrapOr<wasmtime_extern_t> Instance::State::resolve(const CoreDef& def) {
  wasmtime_extern_t item{};
  switch (def.source) {
    case CoreDef::Source::kExport: {
      const wasmtime_instance_t& from = core_instances[def.index];
      if (!wasmtime_instance_export_get(context, &from, def.name.data(), def.name.size(), &item)) {
        return missing("the core export " + def.name);
      }
      break;
    }
    case CoreDef::Source::kMayLeaveFlag:
      item.kind = WASMTIME_EXTERN_GLOBAL;
      item.of.global = *flags[def.index].global;
      break;
    case CoreDef::Source::kTrampoline: {
      const std::string& name = link.trampolines[def.index].name;
      if (!wasmtime_linker_get(link.linker.get(), context, kHostModule.data(), kHostModule.size(),
                               name.data(), name.size(), &item)) {
        return missing("a host function");
      }
      break;
    }
  }
  return item;
}

TrapOr<wasmtime_func_t> Instance::State::resolve_function(const CoreDef& def) {
  const TrapOr<wasmtime_extern_t> item = resolve(def);
  if (!item) return std::unexpected(item.error());
  if (item->kind != WASMTIME_EXTERN_FUNC) return missing("a core function where it needs one");
  return item->of.func;
}

TrapOr<void> Instance::State::instantiate_module(const Initializer& step) {
  std::vector<wasmtime_extern_t> arguments;
  arguments.reserve(step.definitions.size());
  for (const CoreDef& def : step.definitions) {
    const TrapOr<wasmtime_extern_t> argument = resolve(def);
    if (!argument) return std::unexpected(argument.error());
    arguments.push_back(*argument);
  }
  wasm_trap_t* trap = nullptr;
  wasmtime_instance_t instance;
  wasmtime_error_t* error =
      wasmtime_instance_new(context, component.modules[step.index].get(), arguments.data(),
                            arguments.size(), &instance, &trap);
  if (error != nullptr || trap != nullptr) return std::unexpected(take_raised(trap, error));
  core_instances.push_back(instance);
  for (const std::string& name : component.plan.modules[step.index].exported_memories) {
    wasmtime_extern_t item{};
    wasmtime_instance_export_get(context, &instance, name.data(), name.size(), &item);
    if (item.kind == WASMTIME_EXTERN_MEMORY) visible_memories.push_back(item.of.memory);
  }
  return {};
}

TrapOr<void> Instance::State::run_initializer(const Initializer& step) {
  if (step.kind == Initializer::Kind::kInstantiate) return instantiate_module(step);
  if (step.definitions.empty()) return {};  // a resource without destructor
  const CoreDef& def = step.definitions.front();
  if (step.kind == Initializer::Kind::kMemory) {
    const TrapOr<wasmtime_extern_t> item = resolve(def);
    if (!item) return std::unexpected(item.error());
    if (item->kind != WASMTIME_EXTERN_MEMORY) return missing("a memory where it needs one");
    memories[step.index] = item->of.memory;
    return {};
  }
  const TrapOr<wasmtime_func_t> function = resolve_function(def);
  if (!function) return std::unexpected(function.error());
  switch (step.kind) {
    case Initializer::Kind::kRealloc:
      reallocs[step.index] = *function;
      break;
    case Initializer::Kind::kPostReturn:
      post_returns[step.index] = *function;
      break;
    default:
      destructors[step.index] = *function;
      break;
  }
  return {};
}

Status Instance::State::instantiate() {
  for (const Initializer& step : component.plan.initializers) {
    const TrapOr<void> done = run_initializer(step);
    if (!done) return std::unexpected(instantiation_error(done.error()));
  }
  return {};
}

}  // namespace theater::wasm
