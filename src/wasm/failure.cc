// Trap codes, messages and backtraces.
#include "wasm/failure.h"

#include <wasmtime.h>

#include <algorithm>

#include "base/bytes.h"
#include "wasm/engine_limits.h"

namespace theater::wasm {
namespace {

/// wasmtime appends its backtrace and causes below the first line.
std::string first_line(std::string_view text) {
  while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
  return std::string(text.substr(0, text.find('\n')));
}

/// "error while executing at wasm backtrace: ... Caused by: wasm trap: X" is about X.
std::string cause(std::string_view text) {
  while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
  constexpr std::string_view kMark = "Caused by:";
  if (const std::size_t mark = text.rfind(kMark); mark != std::string_view::npos) {
    text.remove_prefix(mark + kMark.size());
    text.remove_prefix(std::min(text.find_first_not_of("\n "), text.size()));
  }
  constexpr std::string_view kIndex = "0: ";
  if (text.starts_with(kIndex)) text.remove_prefix(kIndex.size());
  return first_line(text);
}

std::string take(wasm_byte_vec_t& vector) {
  std::string text(vector.data, vector.size);
  wasm_byte_vec_delete(&vector);
  return text;
}

std::string backtrace_of(wasm_frame_vec_t& frames) {
  std::string text;
  for (std::size_t i = 0; i < std::min(frames.size, kBacktraceFramesMax); ++i) {
    const wasm_name_t* name = wasmtime_frame_func_name(frames.data[i]);
    if (i != 0) text += '\n';
    text += name != nullptr ? std::string(name->data, name->size)
                            : fmt::format("function {}", wasm_frame_func_index(frames.data[i]));
  }
  wasm_frame_vec_delete(&frames);
  return text;
}

struct CodeEntry {
  TrapKind kind;
  const char* message;
};
// By wasmtime's trap code; the codes of asynchronous components cannot occur.
constexpr CodeEntry kCodes[] = {
    {TrapKind::kStackOverflow, "call stack exhausted"},
    {TrapKind::kOutOfBounds, "out of bounds memory access"},
    {TrapKind::kOutOfBounds, "unaligned atomic access"},
    {TrapKind::kOutOfBounds, "out of bounds table access"},
    {TrapKind::kIndirectCall, "indirect call to an uninitialized element"},
    {TrapKind::kIndirectCall, "indirect call type mismatch"},
    {TrapKind::kArithmetic, "integer overflow"},
    {TrapKind::kArithmetic, "integer divide by zero"},
    {TrapKind::kArithmetic, "invalid conversion to integer"},
    {TrapKind::kUnreachable, "unreachable instruction executed"},
    {TrapKind::kDeadline, "interrupted"},
    {TrapKind::kFuel, "all fuel is used up"},
    {TrapKind::kOther, "atomic wait on non-shared memory"},
    {TrapKind::kIndirectCall, "null reference"},
    {TrapKind::kOutOfBounds, "out of bounds array access"},
    {TrapKind::kMemoryLimit, "allocation size too large"},
    {TrapKind::kOther, "cast failure"},
    {TrapKind::kReentrance, "cannot enter component instance"},
    {TrapKind::kOther, nullptr},
    {TrapKind::kOther, nullptr},
    {TrapKind::kOther, nullptr},
    {TrapKind::kOther, nullptr},
    {TrapKind::kOther, nullptr},
    {TrapKind::kReentrance, "cannot leave component instance"},
    {TrapKind::kOther, nullptr},
    {TrapKind::kAbi, "invalid char bit pattern"},
    {TrapKind::kOther, nullptr},
    {TrapKind::kOther, nullptr},
    {TrapKind::kOther, nullptr},
    {TrapKind::kOther, nullptr},
    {TrapKind::kAbi, "string content out of bounds"},
    {TrapKind::kAbi, "list content out of bounds"},
    {TrapKind::kAbi, "invalid variant discriminant"},
    {TrapKind::kAbi, "unaligned pointer"},
};

}  // namespace

EngineFailure::~EngineFailure() {
  if (trap != nullptr) wasm_trap_delete(trap);
  if (error != nullptr) wasmtime_error_delete(error);
}

TrapKind kind_of_trap_code(std::uint32_t code) {
  return code < std::size(kCodes) ? kCodes[code].kind : TrapKind::kOther;
}

std::string message_of_trap_code(std::uint32_t code) {
  if (code < std::size(kCodes) && kCodes[code].message != nullptr) return kCodes[code].message;
  return fmt::format("trap code {}", code);
}

std::string EngineFailure::message() const {
  wasm_byte_vec_t text;
  if (trap != nullptr) {
    wasm_trap_message(trap, &text);
  } else {
    wasmtime_error_message(error, &text);
  }
  return cause(take(text));
}

std::string EngineFailure::backtrace() const {
  wasm_frame_vec_t frames;
  if (trap != nullptr) {
    wasm_trap_trace(trap, &frames);
  } else {
    wasmtime_error_wasm_trace(error, &frames);
  }
  return backtrace_of(frames);
}

Trap EngineFailure::to_trap() const {
  Trap result{TrapKind::kOther, "", backtrace()};
  if (std::uint8_t code = 0; trap != nullptr && wasmtime_trap_code(trap, &code)) {
    result.kind = kind_of_trap_code(code);
    result.message = message_of_trap_code(code);
  }
  if (result.message.empty()) result.message = message();
  return result;
}

wasm_trap_t* make_host_trap(const Trap& trap) {
  return wasmtime_trap_new(trap.message.data(), trap.message.size());
}

}  // namespace theater::wasm
