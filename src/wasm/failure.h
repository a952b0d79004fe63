// Failure: wasmtime's errors and traps as ours.
#pragma once

#include <string>

#include "base/result.h"
#include "wasm/trap.h"

struct wasm_trap_t;
struct wasmtime_error;

namespace theater::wasm {

/// The outcome of a call into wasmtime: at most one of the two is set. Owns both.
struct EngineFailure {
  wasm_trap_t* trap = nullptr;
  wasmtime_error* error = nullptr;

  EngineFailure() = default;
  ~EngineFailure();
  EngineFailure(const EngineFailure&) = delete;
  EngineFailure& operator=(const EngineFailure&) = delete;
  explicit operator bool() const { return trap != nullptr || error != nullptr; }

  /// The kind by wasmtime's trap code, its message in one line, and the backtrace.
  Trap to_trap() const;
  /// Names of the guest's functions, innermost first, one a line.
  std::string backtrace() const;
  /// The message, without backtrace.
  std::string message() const;
};

/// The kind of one of wasmtime's trap codes, which fused adapters also use.
TrapKind kind_of_trap_code(std::uint32_t code);
/// The message of a trap code; "trap code N" for an unknown one.
std::string message_of_trap_code(std::uint32_t code);
/// An error a host function returns into wasmtime; the Trap itself travels beside it.
wasm_trap_t* make_host_trap(const Trap& trap);

}  // namespace theater::wasm
