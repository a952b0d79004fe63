// Engine: one compiler and one set of determinism settings for the whole node.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"

struct wasm_engine_t;

namespace theater::wasm {

enum class FuelMode { kOff, kOn };
/// kPooled reserves address space for all instances up front and makes instances in microseconds;
/// kOnDemand maps memory for each instance (tests, tools, small machines).
enum class Allocation { kPooled, kOnDemand };

struct EngineOptions {
  FuelMode fuel = FuelMode::kOff;  // changes generated code: one setting a node
  Allocation allocation = Allocation::kPooled;
  Nanoseconds slice = Milliseconds(5);        // a guest computing longer yields to its shard
  std::uint32_t core_instances_max = 40'000;  // pooled: core instances live at one time
  std::uint32_t memories_max = 20'000;        // pooled: linear memories live at one time
  std::uint32_t tables_max = 40'000;          // pooled: tables live at one time
  std::uint32_t stacks_max = 4'000;           // pooled: guest calls under way at one time
};

/// Owned by the node; outlives every Component made with it. All members may be called from any
/// thread. It owns one thread, the epoch ticker, which ends with it.
///
/// The determinism profile is fixed: NaN canonicalisation on, relaxed SIMD deterministic, threads
/// and shared memory off, component-model async off.
class Engine {
 public:
  static Result<std::unique_ptr<Engine>> create(const EngineOptions& options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  const EngineOptions& options() const;
  /// The settings that can change what a guest computes, as text for the genesis event, for
  /// example "wasmtime 48.0.8; nan=canonical; relaxed-simd=deterministic; threads=off; fuel=off".
  const std::string& determinism_profile() const;
  /// SHA-256 of the profile and of all settings that change generated code: the key under which
  /// compiled code may be reused.
  const Digest& settings_digest() const;

  /// For the files of this room: wasmtime's engine, and epochs a second at the current slice.
  wasm_engine_t* handle() const;
  Nanoseconds epoch() const;

 private:
  struct State;
  explicit Engine(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace theater::wasm
