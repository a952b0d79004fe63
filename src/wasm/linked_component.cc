// Linking: one host function for each trampoline of the plan, and the two that drive calls.
#include <wasmtime/async.h>

#include "wasm/component_state.h"
#include "wasm/failure.h"
#include "wasm/trampolines.h"

namespace theater::wasm {
namespace {

struct FunctionTypeDelete {
  void operator()(wasm_functype_t* type) const { wasm_functype_delete(type); }
};
using FunctionTypePointer = std::unique_ptr<wasm_functype_t, FunctionTypeDelete>;

wasm_valtype_vec_t value_types(std::span<const CoreType> types) {
  static constexpr wasm_valkind_t kKinds[] = {WASM_I32, WASM_I64, WASM_F32, WASM_F64};
  wasm_valtype_vec_t list;
  wasm_valtype_vec_new_uninitialized(&list, types.size());
  for (std::size_t i = 0; i < types.size(); ++i) {
    list.data[i] = wasm_valtype_new(kKinds[static_cast<std::size_t>(types[i])]);
  }
  return list;
}

FunctionTypePointer function_type(const CoreSignature& signature) {
  wasm_valtype_vec_t parameters = value_types(signature.parameters);
  wasm_valtype_vec_t results = value_types(signature.results);
  return FunctionTypePointer(wasm_functype_new(&parameters, &results));
}

Status define(LinkedComponent::State& state, std::string_view name, const CoreSignature& signature,
              LinkedTrampoline* trampoline) {
  EngineFailure failure;
  failure.error = wasmtime_linker_define_func_unchecked(
      state.linker.get(), kHostModule.data(), kHostModule.size(), name.data(), name.size(),
      function_type(signature).get(), trampoline != nullptr ? run_trampoline : run_call, trampoline,
      nullptr);
  if (failure) return fail(Code::kInternal, "linking: {}", failure.message());
  return {};
}

Status define_wait(LinkedComponent::State& state) {
  EngineFailure failure;
  failure.error = wasmtime_linker_define_async_func(
      state.linker.get(), kHostModule.data(), kHostModule.size(), kWaitFunction.data(),
      kWaitFunction.size(), function_type({}).get(), run_wait, nullptr, nullptr);
  if (failure) return fail(Code::kInternal, "linking: {}", failure.message());
  return {};
}

}  // namespace

LinkedComponent::LinkedComponent(std::unique_ptr<State> state) : state_(std::move(state)) {}
LinkedComponent::~LinkedComponent() = default;

Result<std::shared_ptr<const LinkedComponent>> LinkedComponent::link(
    std::shared_ptr<const Component> component, std::span<const ImportMode> modes) {
  const Component::State& parts = component->state();
  if (modes.size() != parts.imports.size()) {
    return fail(Code::kInvalid, "the component has {} imports, {} modes were given",
                parts.imports.size(), modes.size());
  }
  auto state = std::make_unique<State>();
  state->linker.reset(wasmtime_linker_new(parts.engine->handle()));
  state->trampolines.reserve(parts.plan.trampolines.size());
  for (const TrampolinePlan& plan : parts.plan.trampolines) {
    LinkedTrampoline& trampoline = state->trampolines.emplace_back();
    trampoline.plan = &plan;
    trampoline.name = fmt::to_string(state->trampolines.size() - 1);
    if (plan.kind == TrampolinePlan::Kind::kLowerImport) trampoline.mode = modes[plan.import];
    TRY_OK(define(*state, trampoline.name, plan.core, &trampoline));
  }
  TRY_OK(define(*state, kCallFunction, {}, nullptr));
  TRY_OK(define_wait(*state));
  state->component = std::move(component);
  return std::shared_ptr<const LinkedComponent>(new LinkedComponent(std::move(state)));
}

const Component& LinkedComponent::component() const { return *state_->component; }

}  // namespace theater::wasm
