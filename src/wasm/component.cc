// Loading: plan, cache or compile, and the public lists.
#include "wasm/component.h"

#include <openssl/sha.h>
#include <theater_engine.h>

#include <algorithm>

#include "io/posix_file.h"
#include "wasm/compile_cache.h"
#include "wasm/component_state.h"
#include "wasm/engine_limits.h"
#include "wasm/failure.h"
#include "wasm/value_limits.h"

namespace theater::wasm {
namespace {

/// Runs the planner. Errors are its sentences.
Result<Bytes> make_plan(ByteSpan wasm) {
  std::uint8_t* out = nullptr;
  std::size_t length = 0;
  const std::int32_t status = theater_component_plan(wasm.data(), wasm.size(), &out, &length);
  Bytes answer(out, out + length);
  theater_plan_delete(out, length);
  switch (status) {
    case THEATER_PLAN_OK:
      return answer;
    case THEATER_PLAN_COMPONENT_ASYNC:
    case THEATER_PLAN_UNSUPPORTED:
      return fail(Code::kUnsupported, "{}", as_text(answer));
    case THEATER_PLAN_INTERNAL:
      return fail(Code::kInternal, "{}", as_text(answer));
    default:
      return fail(Code::kInvalid, "{}", as_text(answer));
  }
}

Result<std::vector<ModulePointer>> compile(const Engine& engine, const Plan& plan) {
  std::vector<ModulePointer> modules;
  for (const ModulePlan& module : plan.modules) {
    EngineFailure failure;
    wasmtime_module_t* compiled = nullptr;
    failure.error =
        wasmtime_module_new(engine.handle(), module.code.data(), module.code.size(), &compiled);
    if (failure) {
      return fail(Code::kUnsupported, "core module {} of the component cannot be compiled: {}",
                  modules.size(), failure.message());
    }
    modules.emplace_back(compiled);
  }
  return modules;
}

/// Nothing if wasmtime does not take the code (another version, another processor).
std::optional<std::vector<ModulePointer>> revive(const Engine& engine, const CacheEntry& entry) {
  std::vector<ModulePointer> modules;
  for (const Bytes& code : entry.modules) {
    EngineFailure failure;
    wasmtime_module_t* module = nullptr;
    failure.error = wasmtime_module_deserialize(engine.handle(), code.data(), code.size(), &module);
    if (failure) return std::nullopt;
    modules.emplace_back(module);
  }
  return modules;
}

/// The cache is an optimisation: what cannot be stored is compiled again next time.
void remember(CompileCache& cache, const CacheKey& key, CacheEntry entry,
              const std::vector<ModulePointer>& modules) {
  for (const ModulePointer& module : modules) {
    EngineFailure failure;
    wasm_byte_vec_t code;
    failure.error = wasmtime_module_serialize(module.get(), &code);
    if (failure) return;
    entry.modules.emplace_back(code.data, code.data + code.size);
    wasm_byte_vec_delete(&code);
  }
  static_cast<void>(cache.store(key, entry));
}

/// Compiled code and the plan it belongs to, from the cache or new.
struct Compiled {
  Plan plan;
  std::vector<ModulePointer> modules;
  Component::Source source = Component::Source::kCompiled;
};

std::optional<Compiled> find_compiled(const Engine& engine, const CompileCache& cache,
                                      const CacheKey& key) {
  const std::optional<CacheEntry> entry = cache.find(key);
  if (!entry) return std::nullopt;
  Result<Plan> plan = decode_plan(entry->plan, PlanCode::kAbsent);
  if (!plan || plan->modules.size() != entry->modules.size()) return std::nullopt;
  std::optional<std::vector<ModulePointer>> modules = revive(engine, *entry);
  if (!modules) return std::nullopt;
  return Compiled{*std::move(plan), *std::move(modules), Component::Source::kCached};
}

Result<Compiled> compile_anew(const Engine& engine, ByteSpan wasm, CompileCache* cache,
                              const CacheKey& key) {
  TRY(const Bytes bytes, make_plan(wasm));
  TRY(Plan plan, decode_plan(bytes, PlanCode::kPresent));
  TRY(std::vector<ModulePointer> modules, compile(engine, plan));
  if (cache != nullptr) {
    const ByteSpan without_code = ByteSpan(bytes).first(plan.code_offset);
    remember(*cache, key, CacheEntry{to_bytes(without_code), {}}, modules);
  }
  for (ModulePlan& module : plan.modules) module.code = {};  // they point into `bytes`
  return Compiled{std::move(plan), std::move(modules), Component::Source::kCompiled};
}

bool uses_flag(const CoreDef& def) { return def.source == CoreDef::Source::kMayLeaveFlag; }

Status check_count(std::string_view what, std::size_t count, std::size_t most) {
  if (count <= most) return {};
  return fail(Code::kTooLarge, "the component has {} {}, at most {} are allowed", count, what,
              most);
}

Status check_printing(std::span<const FunctionType> functions) {
  std::size_t bytes = 0;
  for (const FunctionType& function : functions) {
    bytes += to_wit(function).size();
    if (bytes <= kWitBytesMax) continue;
    return fail(Code::kTooLarge, "the types of the component's functions take over {} bytes of WIT",
                kWitBytesMax);
  }
  return {};
}

/// Fills what is derived from the plan.
Status derive(Component::State& state) {
  const Plan& plan = state.plan;
  TRY_OK(check_printing(plan.functions));
  for (const FunctionType& function : plan.functions) {
    TRY(FunctionLayout layout, FunctionLayout::compile(function));
    state.layouts.push_back(std::move(layout));
  }
  for (const ImportPlan& import : plan.imports) {
    state.imports.push_back({import.name, plan.functions[import.function]});
  }
  for (const ExportPlan& item : plan.exports) {
    state.exports.push_back({item.name, plan.functions[item.function]});
  }
  for (const ResourcePlan& resource : plan.resources) {
    state.resources.push_back({resource.name, resource.instance ? ResourceInfo::Origin::kGuest
                                                                : ResourceInfo::Origin::kHost});
  }
  std::size_t instances = 0, definitions = 0;
  for (const Initializer& step : plan.initializers) {
    if (step.kind != Initializer::Kind::kInstantiate) continue;
    ++instances;
    definitions += step.definitions.size();
    const ModulePlan& module = plan.modules[step.index];
    const auto visible = static_cast<std::uint32_t>(module.exported_memories.size());
    state.memory_bytes_min += std::uint64_t{module.memory_pages} << 16;
    state.visible_memories += visible;
    state.hidden_memories += module.own_memories - visible;
    state.flags_shared = state.flags_shared || std::ranges::any_of(step.definitions, uses_flag);
  }
  TRY_OK(check_count("core instances", instances, kCoreInstancesMax));
  TRY_OK(check_count("items given to its core instances", definitions, kDefinitionsMax));
  return check_count("memories", state.visible_memories + state.hidden_memories, kMemoriesMax);
}

template <typename Item>
std::optional<std::size_t> position(std::span<const Item> items, std::string_view name) {
  const auto found = std::ranges::find(items, name, &Item::name);
  if (found == items.end()) return std::nullopt;
  return static_cast<std::size_t>(found - items.begin());
}

}  // namespace

Component::Component(std::unique_ptr<State> state) : state_(std::move(state)) {}
Component::~Component() = default;

Result<std::shared_ptr<const Component>> Component::load(Engine& engine, ByteSpan wasm,
                                                         const std::string& cache_directory) {
  if (wasm.size() > kComponentBytesMax) {
    return fail(Code::kTooLarge, "the component has {} bytes, at most {} are allowed", wasm.size(),
                kComponentBytesMax);
  }
  auto state = std::make_unique<State>();
  state->engine = &engine;
  SHA256(wasm.data(), wasm.size(), state->digest.bytes.data());

  const CacheKey key{state->digest, engine.settings_digest()};
  const std::unique_ptr<io::FileSystem> files = io::make_posix_file_system();
  CompileCache cache(*files, cache_directory);
  const bool cached = !cache_directory.empty();
  std::optional<Compiled> compiled = cached ? find_compiled(engine, cache, key) : std::nullopt;
  if (!compiled) {
    TRY(compiled, compile_anew(engine, wasm, cached ? &cache : nullptr, key));
  }
  state->plan = std::move(compiled->plan);
  state->modules = std::move(compiled->modules);
  state->source = compiled->source;
  TRY_OK(derive(*state));
  return std::shared_ptr<const Component>(new Component(std::move(state)));
}

std::span<const ImportFunction> Component::imports() const { return state_->imports; }
std::span<const ExportFunction> Component::exports() const { return state_->exports; }
std::span<const ResourceInfo> Component::resources() const { return state_->resources; }
const Digest& Component::digest() const { return state_->digest; }
Component::Source Component::source() const { return state_->source; }

std::optional<std::size_t> Component::find_import(std::string_view name) const {
  return position(imports(), name);
}
std::optional<std::size_t> Component::find_export(std::string_view name) const {
  return position(exports(), name);
}

}  // namespace theater::wasm
