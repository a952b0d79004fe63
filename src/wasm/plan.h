// Plan: what a component is made of, decoded from docs/formats/component-plan.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "wasm/abi.h"
#include "wasm/type.h"

namespace theater::wasm {

/// Where a core item (function, memory, global, ...) comes from.
struct CoreDef {
  enum class Source : std::uint8_t { kExport, kMayLeaveFlag, kTrampoline };
  Source source = Source::kExport;
  std::uint32_t index = 0;  // core instance, component instance or trampoline
  std::string name;         // of an export
};

struct CoreSignature {
  std::vector<CoreType> parameters;
  std::vector<CoreType> results;
};

/// Canonical options of a lifted or lowered function.
struct CanonicalOptions {
  std::uint32_t instance = 0;
  StringEncoding encoding = StringEncoding::kUtf8;
  std::optional<std::uint32_t> memory;
  std::optional<std::uint32_t> realloc;
  std::optional<std::uint32_t> post_return;
  CoreSignature core;
};

enum class Transcode : std::uint8_t {
  kCopyUtf8,
  kCopyUtf16,
  kCopyLatin1,
  kLatin1ToUtf16,
  kLatin1ToUtf8,
  kUtf16ToCompactProbablyUtf16,
  kUtf16ToCompactUtf16,
  kUtf16ToLatin1,
  kUtf16ToUtf8,
  kUtf8ToCompactUtf16,
  kUtf8ToLatin1,
  kUtf8ToUtf16,
};
inline constexpr std::uint8_t kTranscodeCount = 12;

/// A core function the host provides. Which fields count depends on the kind.
struct TrampolinePlan {
  enum class Kind : std::uint8_t {
    kLowerImport,   // import, function, options
    kTranscode,     // transcode, from, to
    kResourceNew,   // instance, table
    kResourceRep,   // instance, table
    kResourceDrop,  // instance, table
    kTransferOwn,
    kTransferBorrow,
    kTrap,
    kEnterCall,
    kExitCall,
  };
  CoreSignature core;
  Kind kind = Kind::kTrap;
  std::uint32_t import = 0;
  std::uint32_t function = 0;
  std::uint32_t options = 0;
  Transcode transcode = Transcode::kCopyUtf8;
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  std::uint32_t instance = 0;
  std::uint32_t table = 0;
};

/// One step of instantiation, in order.
struct Initializer {
  enum class Kind : std::uint8_t { kInstantiate, kMemory, kRealloc, kPostReturn, kResource };
  Kind kind = Kind::kInstantiate;
  std::uint32_t index = 0;           // module, memory, realloc, post-return or resource
  std::vector<CoreDef> definitions;  // arguments; or the one item; or the destructor, if any
};

struct ResourcePlan {
  std::string name;
  std::optional<std::uint32_t> instance;  // that defines it; none: imported, the host's
};

/// A handle table as fused adapters name it. `resource` is absent for tables no adapter may use.
struct TablePlan {
  std::optional<std::uint32_t> resource;
  std::uint32_t instance = 0;
};

struct ModulePlan {
  std::uint32_t imports = 0;
  std::uint32_t memory_pages = 0;  // that its own memories begin with
  std::uint32_t own_memories = 0;
  std::vector<std::string> exported_memories;  // of its own, each once
  ByteSpan code;  // into the plan's bytes; empty if the plan has no code
};

struct ImportPlan {
  std::string name;
  std::uint32_t function = 0;
};

struct ExportPlan {
  std::string name;
  std::uint32_t function = 0;
  CoreDef core;
  std::uint32_t options = 0;
};

struct Plan {
  std::vector<FunctionType> functions;
  std::uint32_t component_instances = 0;
  std::uint32_t memories = 0;
  std::uint32_t reallocs = 0;
  std::uint32_t post_returns = 0;
  std::vector<ResourcePlan> resources;
  std::vector<TablePlan> tables;
  std::vector<ModulePlan> modules;
  std::vector<CanonicalOptions> options;
  std::vector<TrampolinePlan> trampolines;
  std::vector<Initializer> initializers;
  std::vector<ImportPlan> imports;
  std::vector<ExportPlan> exports;
  std::size_t code_offset = 0;  // where the code begins in the plan's bytes
};

enum class PlanCode { kPresent, kAbsent };

/// Decodes a plan; its code spans point into `bytes`. Refuses (kCorrupt) anything the format does
/// not allow: after success every index in the plan is valid and every reference to a core
/// instance is to an earlier one.
Result<Plan> decode_plan(ByteSpan bytes, PlanCode code);

}  // namespace theater::wasm
