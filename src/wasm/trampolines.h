// The host functions behind a component's core modules, as wasmtime calls them.
#pragma once

#include <wasmtime.h>
#include <wasmtime/async.h>

#include <cstddef>

namespace theater::wasm {

/// A trampoline of the plan; `environment` is its LinkedTrampoline.
wasm_trap_t* run_trampoline(void* environment, wasmtime_caller_t* caller,
                            wasmtime_val_raw_t* values, std::size_t count);
/// The function a call's fiber begins with: runs the call that Instance::start described.
wasm_trap_t* run_call(void* environment, wasmtime_caller_t* caller, wasmtime_val_raw_t* values,
                      std::size_t count);
/// The function that suspends a fiber until Instance::resume.
void run_wait(void* environment, wasmtime_caller_t* caller, const wasmtime_val_t* arguments,
              std::size_t argument_count, wasmtime_val_t* results, std::size_t result_count,
              wasm_trap_t** trap, wasmtime_async_continuation_t* continuation);

}  // namespace theater::wasm
