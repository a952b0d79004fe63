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
/// kThread ticks by itself; kManual (tests, simulation) ticks when Engine::tick is called.
enum class Ticking { kThread, kManual };

struct EngineOptions {
  FuelMode fuel = FuelMode::kOff;  // changes generated code: one setting a node
  Allocation allocation = Allocation::kPooled;
  Ticking ticking = Ticking::kThread;
  Nanoseconds slice = Milliseconds(5);         // a guest computing longer yields to its shard
  std::uint32_t core_instances_max = 400'000;  // pooled: core instances live at one time
  // Pooled: linear memories, tables, and instances that have been called, live at one time. An
  // instance takes some 6 memory mappings, of which Linux allows 65,530 by default.
  std::uint32_t memories_max = 10'050;
  std::uint32_t tables_max = 20'100;
  std::uint32_t stacks_max = 10'050;
};

/// Owned by the node; outlives every Component made with it. All members may be called from any
/// thread. With Ticking::kThread it owns one thread, the epoch ticker, which ends with it and rests
/// while no guest runs.
///
/// The determinism profile is fixed: NaN canonicalisation on, relaxed SIMD deterministic, threads
/// and shared memory off, component-model async off.
class Engine {
 public:
  /// A pool that the address space has no room for becomes kOnDemand; see allocation().
  static Result<std::unique_ptr<Engine>> create(const EngineOptions& options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  const EngineOptions& options() const;
  /// What is really in use.
  Allocation allocation() const;
  /// The settings that can change what a guest computes, as text for the genesis event, for
  /// example "wasmtime 48.0.8; nan=canonical; relaxed-simd=deterministic; threads=off; fuel=off".
  const std::string& determinism_profile() const;
  /// SHA-256 of the profile and of all settings that change generated code: the key under which
  /// compiled code may be reused.
  const Digest& settings_digest() const;

  /// Time in epochs: the first slice of a call is kTicksPerSlice of them. A call that was longer
  /// goes on in short slices, so that its neighbours hardly notice it.
  static constexpr std::uint64_t kTicksPerSlice = 20;
  static constexpr std::uint64_t kTicksPerLaterSlice = 1;
  Nanoseconds tick_length() const;
  std::uint64_t ticks() const;
  /// Advances time by one tick (Ticking::kManual only).
  void tick();

  /// For the files of this room: wasmtime's engine, and the word that a guest is about to run.
  wasm_engine_t* handle() const;
  void note_guest_runs();
  void note_long_call();

 private:
  struct State;
  explicit Engine(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace theater::wasm
