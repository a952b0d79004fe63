// The names of trap kinds.
#include "wasm/trap.h"

namespace theater::wasm {

std::string_view trap_kind_name(TrapKind kind) {
  switch (kind) {
    case TrapKind::kUnreachable:
      return "unreachable";
    case TrapKind::kOutOfBounds:
      return "out-of-bounds";
    case TrapKind::kStackOverflow:
      return "stack-overflow";
    case TrapKind::kArithmetic:
      return "arithmetic";
    case TrapKind::kIndirectCall:
      return "indirect-call";
    case TrapKind::kFuel:
      return "fuel";
    case TrapKind::kDeadline:
      return "deadline";
    case TrapKind::kAbi:
      return "abi";
    case TrapKind::kResource:
      return "resource";
    case TrapKind::kReentrance:
      return "reentrance";
    case TrapKind::kMemoryLimit:
      return "memory-limit";
    case TrapKind::kHost:
      return "host";
    case TrapKind::kOther:
      return "other";
  }
  return "other";
}

}  // namespace theater::wasm
