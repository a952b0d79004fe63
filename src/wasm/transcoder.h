// String transcoding between two guest memories, on behalf of fused adapters.
#pragma once

#include <cstdint>
#include <span>

#include "wasm/abi.h"
#include "wasm/plan.h"

namespace theater::wasm {

/// The two memories of one transcoding. They may be the same; ranges may not overlap.
struct TranscodeMemories {
  std::span<std::uint8_t> from;
  std::span<std::uint8_t> to;
};

/// Runs one transcoding. `values` holds the arguments (pointers, lengths in code units, as
/// wasmtime's adapters pass them) and receives the results. Traps (kAbi) on text that is not valid
/// in its encoding, on unaligned pointers and on ranges outside their memory.
TrapOr<void> transcode(Transcode operation, const TranscodeMemories& memories,
                       std::span<CoreValue> values);

}  // namespace theater::wasm
