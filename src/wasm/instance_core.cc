// An instance towards wasmtime: calls of core functions, traps, flags, epochs.
#include "base/check.h"
#include "wasm/engine_limits.h"
#include "wasm/failure.h"
#include "wasm/instance_state.h"

namespace theater::wasm {
namespace {

static_assert(sizeof(CoreValue) == sizeof(wasmtime_val_raw_t) &&
              alignof(CoreValue) == alignof(wasmtime_val_raw_t));

}  // namespace

// wasmtime checks that nothing is called synchronously on a fiber only where a future might be
// polled from another thread. An instance is polled on its shard alone, so the unchecked call,
// which wasmtime itself uses for a component's realloc on fibers, may nest and even suspend here.
TrapOr<void> Instance::State::call_core(const wasmtime_func_t& function,
                                        std::span<CoreValue> values) {
  wasm_trap_t* trap = nullptr;
  wasmtime_error_t* error = wasmtime_func_call_unchecked(
      context, &function, reinterpret_cast<wasmtime_val_raw_t*>(values.data()), values.size(),
      &trap);
  if (trap == nullptr && error == nullptr) [[likely]]
    return {};
  return std::unexpected(take_raised(trap, error));
}

TrapOr<void> Instance::State::enter_guest(const wasmtime_func_t& function,
                                          std::span<CoreValue> values) {
  if (entries >= kEntriesMax) {
    return std::unexpected(Trap{TrapKind::kStackOverflow, "call stack exhausted", ""});
  }
  ++entries;
  TrapOr<void> called = call_core(function, values);
  --entries;
  return called;
}

wasm_trap_t* Instance::State::raise(Trap trap) {
  wasm_trap_t* carrier = make_host_trap(trap);
  raised = std::move(trap);
  return carrier;
}

Trap Instance::State::take_raised(wasm_trap_t* trap, wasmtime_error_t* error) {
  EngineFailure failure;
  failure.trap = trap;
  failure.error = error;
  if (!raised) return failure.to_trap();
  Trap ours = *std::move(raised);
  raised.reset();
  if (ours.backtrace.empty()) ours.backtrace = failure.backtrace();
  return ours;
}

bool Instance::State::may_leave(std::uint32_t instance) const {
  const MayLeaveFlag& flag = flags[instance];
  if (!flag.global) return flag.value;
  wasmtime_val_t value;
  wasmtime_global_get(context, &*flag.global, &value);
  return value.of.i32 != 0;
}

void Instance::State::set_may_leave(std::uint32_t instance, Leave leave) {
  MayLeaveFlag& flag = flags[instance];
  flag.value = leave == Leave::kAllowed;
  if (!flag.global) return;
  wasmtime_val_t value;
  value.kind = WASMTIME_I32;
  value.of.i32 = flag.value ? 1 : 0;
  EngineFailure failure;
  failure.error = wasmtime_global_set(context, &*flag.global, &value);
  CHECK(!failure, "may-leave flags are mutable i32 globals");
}

TrapOr<void> Instance::State::check_may_leave(std::uint32_t instance) const {
  if (may_leave(instance)) [[likely]]
    return {};
  return std::unexpected(Trap{TrapKind::kReentrance, "cannot leave component instance", ""});
}

std::uint64_t Instance::State::ticks_so_far() const {
  return ticks_used + (component.engine->ticks() - ticks_at_poll);
}

/// The trap of a call, or of a start function, that has used up its time.
std::optional<Trap> Instance::State::past_deadline() const {
  const Nanoseconds used = component.engine->tick_length() * ticks_so_far();
  const Nanoseconds allowed = phase == Phase::kStarting ? start_deadline() : limits.deadline;
  if (used < allowed) return std::nullopt;
  return Trap{TrapKind::kDeadline,
              fmt::format("the call ran longer than its deadline of {} ms",
                          std::chrono::duration_cast<Milliseconds>(allowed).count()),
              ""};
}

wasmtime_error_t* Instance::State::on_epoch(std::uint64_t* delta, std::uint8_t* kind) {
  if (auto late = past_deadline()) {
    raised = std::move(late);
    return wasmtime_error_new("deadline");
  }
  if (has_outgrown_memory()) {
    raised = Trap{TrapKind::kMemoryLimit, std::string(kMemoriesTogetherText), ""};
    return wasmtime_error_new("memory");
  }
  if (phase == Phase::kStarting) {
    *delta = 1;
    *kind = WASMTIME_UPDATE_DEADLINE_CONTINUE;
  } else {
    component.engine->note_long_call();
    *delta = Engine::kTicksPerLaterSlice;
    *kind = WASMTIME_UPDATE_DEADLINE_YIELD;
  }
  return nullptr;
}

}  // namespace theater::wasm
