// What Component and LinkedComponent hold: shared by the files that link and run them.
#pragma once

#include <wasmtime.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "wasm/component.h"
#include "wasm/plan.h"

namespace theater::wasm {

struct ModuleDelete {
  void operator()(wasmtime_module_t* module) const { wasmtime_module_delete(module); }
};
using ModulePointer = std::unique_ptr<wasmtime_module_t, ModuleDelete>;

struct LinkerDelete {
  void operator()(wasmtime_linker_t* linker) const { wasmtime_linker_delete(linker); }
};
using LinkerPointer = std::unique_ptr<wasmtime_linker_t, LinkerDelete>;

struct Component::State {
  Engine* engine = nullptr;
  Digest digest;
  Source source = Source::kCompiled;
  Plan plan;
  std::vector<FunctionLayout> layouts;  // of plan.functions
  std::vector<ModulePointer> modules;   // of plan.modules
  std::vector<ImportFunction> imports;
  std::vector<ExportFunction> exports;
  std::vector<ResourceInfo> resources;
  std::uint64_t memory_bytes_min = 0;  // that all memories begin with
  std::uint32_t hidden_memories = 0;   // that no module exports: only their limit is known
  std::uint32_t visible_memories = 0;
  bool flags_shared = false;  // adapters read may-leave flags: they must be globals
};

/// A trampoline bound to a link: the environment pointer of its host function.
struct LinkedTrampoline {
  std::string name;  // in the linker
  const TrampolinePlan* plan = nullptr;
  ImportMode mode = ImportMode::kImmediate;
};

struct LinkedComponent::State {
  std::shared_ptr<const Component> component;
  std::vector<LinkedTrampoline> trampolines;  // of plan.trampolines; never moves
  LinkerPointer linker;                       // "t": trampolines by number, "call" and "wait"
};

/// Names under which the linker holds the host functions.
inline constexpr std::string_view kHostModule = "t";
inline constexpr std::string_view kCallFunction = "call";
inline constexpr std::string_view kWaitFunction = "wait";

}  // namespace theater::wasm
