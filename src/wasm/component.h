// Component: a compiled component, its imports and exports; LinkedComponent: the same, ready to be
// instantiated in microseconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "wasm/engine.h"
#include "wasm/trap.h"
#include "wasm/type.h"

namespace theater::wasm {

/// A function the component calls. `name` is "interface#function", for example
/// "theater:actor/timer@0.1.0#after"; a function imported at the root has no "#".
struct ImportFunction {
  std::string name;
  FunctionType type;
};

/// A function the host may call, named in the same way.
struct ExportFunction {
  std::string name;
  FunctionType type;
};

/// A resource type of the component. Resource types in function types are indices into
/// `Component::resources()`.
struct ResourceInfo {
  enum class Origin { kHost /* imported */, kGuest /* defined by the component */ };
  std::string name;  // "interface#resource" for imported and exported ones, else empty
  Origin origin = Origin::kHost;
};

class LinkedComponent;

/// Immutable; shared by every actor that runs this component (hence shared_ptr) and usable from
/// any thread. The Engine outlives it.
class Component {
 public:
  /// Validates, translates and compiles. Compiled code is kept in `cache_directory` ("" = nowhere),
  /// keyed by the component's digest, the engine version and its settings; a damaged entry is
  /// noticed and rebuilt. Blocks for the time of compilation: call it off the shard threads.
  /// Refuses, in one sentence: bytes that are not wasm, a core module, component-model async,
  /// features outside the determinism profile, a component over the engine's limits.
  static Result<std::shared_ptr<const Component>> load(Engine& engine, ByteSpan wasm,
                                                       const std::string& cache_directory);
  ~Component();
  Component(const Component&) = delete;
  Component& operator=(const Component&) = delete;

  /// Functions the component calls, in the component's order. Their positions are the import
  /// indices of ImportHandler and of LinkedComponent::link.
  std::span<const ImportFunction> imports() const;
  std::span<const ExportFunction> exports() const;
  std::span<const ResourceInfo> resources() const;
  std::optional<std::size_t> find_import(std::string_view name) const;
  std::optional<std::size_t> find_export(std::string_view name) const;
  /// SHA-256 of the component's bytes.
  const Digest& digest() const;
  /// Whether load found the compiled code in the cache.
  enum class Source { kCompiled, kCached };
  Source source() const;

  /// For the files of this room.
  struct State;
  const State& state() const { return *state_; }

 private:
  explicit Component(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// How the host answers an import. kImmediate costs some 20 ns and may not answer kSuspend;
/// kMaySuspend costs some 300 ns and may.
enum class ImportMode { kImmediate, kMaySuspend };

/// A component bound to import modes, with every lookup done: instances come out of it in a few
/// tens of microseconds. Immutable, any thread, shared by the actors that run it (shared_ptr).
class LinkedComponent {
 public:
  /// `modes` has one entry for each of component->imports().
  static Result<std::shared_ptr<const LinkedComponent>> link(
      std::shared_ptr<const Component> component, std::span<const ImportMode> modes);
  ~LinkedComponent();
  LinkedComponent(const LinkedComponent&) = delete;
  LinkedComponent& operator=(const LinkedComponent&) = delete;

  const Component& component() const;

  /// For the files of this room.
  struct State;
  const State& state() const { return *state_; }

 private:
  explicit LinkedComponent(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace theater::wasm
