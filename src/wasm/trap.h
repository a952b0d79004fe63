// Trap: why a guest call ended before its result. It ends one invocation, never the process.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace theater::wasm {

/// The reason, to branch on. People read `Trap::message`.
enum class TrapKind {
  kUnreachable,    // the guest executed `unreachable` (abort, panic, failed assertion)
  kOutOfBounds,    // a memory or table access outside its bounds
  kStackOverflow,  // call stack exhausted
  kArithmetic,     // division by zero, integer overflow, bad float conversion
  kIndirectCall,   // null or wrongly typed indirect call, uninitialised element
  kFuel,           // the fuel limit is used up
  kDeadline,       // the call deadline passed
  kAbi,            // the guest broke a rule of the canonical ABI (bad pointer, bad UTF-8, ...)
  kResource,       // unknown, mistyped or still lent resource handle
  kReentrance,     // a component instance was entered or left when it must not be
  kMemoryLimit,    // memory or table growth beyond the instance's limit
  kHost,           // a host function refused; the message is the host's
  kOther,          // any other trap the engine reports
};

/// Of a trap of kind kMemoryLimit that the end of a slice brought, so that no repetition reaches
/// it.
inline constexpr std::string_view kMemoriesTogetherText =
    "the instance's memories hold more than its limit together";

/// The lower-case name of a kind: "unreachable", "out-of-bounds", ...
std::string_view trap_kind_name(TrapKind kind);

/// A guest fault. A value type. `backtrace` lists guest functions, innermost first, one a line; it
/// is for people, differs between engines and is never recorded.
struct [[nodiscard]] Trap {
  TrapKind kind = TrapKind::kOther;
  std::string message;
  std::string backtrace;

  bool operator==(const Trap&) const = default;
};

template <typename T>
using TrapOr = std::expected<T, Trap>;

}  // namespace theater::wasm
