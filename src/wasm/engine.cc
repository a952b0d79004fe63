// Engine settings: what the determinism profile fixes, and the pools.
#include "wasm/engine.h"

#include <openssl/sha.h>
#include <sys/mman.h>
#include <wasmtime.h>

#include "base/check.h"
#include "wasm/engine_limits.h"
#include "wasm/epoch_ticker.h"
#include "wasm/watched_stacks.h"

// wasmtime is not instrumented for the thread sanitizer: it cannot see how compiler threads
// synchronise, so one thread compiles, nor that a trap has left its signal handler for good.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THEATER_THREAD_SANITIZER 1
extern "C" const char* __tsan_default_options() { return "report_signal_unsafe=0"; }
#endif
#endif

namespace theater::wasm {
namespace {

constexpr std::uint64_t kMemoryReservation = std::uint64_t{4} << 30;
constexpr std::uint64_t kMemoryGuard = std::uint64_t{32} << 20;
constexpr std::size_t kCoreInstanceBytesMax = std::size_t{4} << 20;
constexpr std::size_t kMemoryKeptBytes = std::size_t{128} << 10;
constexpr std::size_t kTableKeptBytes = std::size_t{16} << 10;

Digest digest_of(const std::string& text) {
  Digest digest;
  SHA256(as_bytes(text).data(), text.size(), digest.bytes.data());
  return digest;
}

std::string profile_of(const EngineOptions& options) {
  return fmt::format("wasmtime {}; nan=canonical; relaxed-simd=deterministic; threads=off; fuel={}",
                     WASMTIME_VERSION, options.fuel == FuelMode::kOn ? "on" : "off");
}

/// Whether the address space holds the pool; the engine would abort if it did not.
bool pool_fits(const EngineOptions& options) {
  const std::uint64_t wanted =
      (kMemoryReservation + kMemoryGuard) * options.memories_max +
      std::uint64_t{kTableElementsMax} * sizeof(void*) * options.tables_max +
      std::uint64_t{2 * kFiberStackBytes} * options.stacks_max;
  void* probe =
      mmap(nullptr, wanted, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (probe == MAP_FAILED) return false;
  munmap(probe, wanted);
  return true;
}

void configure_pool(wasm_config_t* config, const EngineOptions& options) {
  wasmtime_pooling_allocation_config_t* pool = wasmtime_pooling_allocation_config_new();
  wasmtime_pooling_allocation_config_total_core_instances_set(pool, options.core_instances_max);
  wasmtime_pooling_allocation_config_total_memories_set(pool, options.memories_max);
  wasmtime_pooling_allocation_config_total_tables_set(pool, options.tables_max);
  wasmtime_pooling_allocation_config_total_stacks_set(pool, options.stacks_max);
  wasmtime_pooling_allocation_config_max_core_instance_size_set(pool, kCoreInstanceBytesMax);
  wasmtime_pooling_allocation_config_max_memories_per_module_set(pool, 16);
  wasmtime_pooling_allocation_config_max_tables_per_module_set(pool, 16);
  wasmtime_pooling_allocation_config_table_elements_set(pool, kTableElementsMax);
  wasmtime_pooling_allocation_config_max_memory_size_set(pool, kMemoryReservation);
  wasmtime_pooling_allocation_config_linear_memory_keep_resident_set(pool, kMemoryKeptBytes);
  wasmtime_pooling_allocation_config_table_keep_resident_set(pool, kTableKeptBytes);
  wasmtime_pooling_allocation_strategy_set(config, pool);
  wasmtime_pooling_allocation_config_delete(pool);
}

#ifdef THEATER_THREAD_SANITIZER
constexpr bool kCompileInParallel = false;
#else
constexpr bool kCompileInParallel = true;
#endif

/// Must agree with the features engine/src/refuse.rs accepts.
wasm_config_t* make_config(const EngineOptions& options) {
  wasm_config_t* config = wasm_config_new();
  wasmtime_config_consume_fuel_set(config, options.fuel == FuelMode::kOn);
  wasmtime_config_epoch_interruption_set(config, true);
  wasmtime_config_cranelift_nan_canonicalization_set(config, true);
  wasmtime_config_wasm_relaxed_simd_set(config, true);
  wasmtime_config_wasm_relaxed_simd_deterministic_set(config, true);
  wasmtime_config_wasm_multi_memory_set(config, true);
  wasmtime_config_wasm_tail_call_set(config, true);
  wasmtime_config_wasm_memory64_set(config, false);
  wasmtime_config_parallel_compilation_set(config, kCompileInParallel);
  wasmtime_config_max_wasm_stack_set(config, kGuestStackBytes);
  wasmtime_config_async_stack_size_set(config, kFiberStackBytes);
  wasmtime_config_memory_reservation_set(config, kMemoryReservation);
  wasmtime_config_memory_guard_size_set(config, kMemoryGuard);
#ifdef THEATER_THREAD_SANITIZER
  watch_stacks(config);
#endif
  return config;
}

}  // namespace

struct Engine::State {
  EngineOptions options;
  Allocation allocation = Allocation::kOnDemand;
  std::string profile;
  Digest settings;
  wasm_engine_t* engine = nullptr;
  std::unique_ptr<EpochTicker> ticker;

  ~State() {
    ticker.reset();
    if (engine != nullptr) wasm_engine_delete(engine);
  }
};

Engine::Engine(std::unique_ptr<State> state) : state_(std::move(state)) {}
Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::create(const EngineOptions& options) {
  if (options.slice < Microseconds(100)) {
    return fail(Code::kInvalid, "an epoch slice is at least 100 us");
  }
  auto state = std::make_unique<State>();
  state->options = options;
  wasm_config_t* config = make_config(options);
  if (options.allocation == Allocation::kPooled && pool_fits(options)) {
    configure_pool(config, options);
    state->allocation = Allocation::kPooled;
  }
  state->profile = profile_of(options);
  state->settings = digest_of(state->profile + "; epochs=on; stack=512K; reservation=4G");
  state->engine = wasm_engine_new_with_config(config);
  state->ticker = std::make_unique<EpochTicker>(state->engine, options.slice / kTicksPerSlice);
  if (options.ticking == Ticking::kThread) state->ticker->start_thread();
  return std::unique_ptr<Engine>(new Engine(std::move(state)));
}

const EngineOptions& Engine::options() const { return state_->options; }
Allocation Engine::allocation() const { return state_->allocation; }
const std::string& Engine::determinism_profile() const { return state_->profile; }
const Digest& Engine::settings_digest() const { return state_->settings; }
Nanoseconds Engine::tick_length() const { return state_->ticker->tick_length(); }
std::uint64_t Engine::ticks() const { return state_->ticker->ticks(); }
wasm_engine_t* Engine::handle() const { return state_->engine; }
void Engine::note_guest_runs() { state_->ticker->note_activity(); }
void Engine::note_long_call() { state_->ticker->note_long_call(); }

void Engine::tick() {
  CHECK(state_->options.ticking == Ticking::kManual, "only a manual engine is ticked by hand");
  state_->ticker->tick(1);
}

}  // namespace theater::wasm
