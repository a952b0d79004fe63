// The canonical ABI: values between guest memory or core values and the canonical binary form,
// without any value tree between. Specified by the Component Model's CanonicalABI document.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "wasm/abi_layout.h"
#include "wasm/trap.h"
#include "wasm/value_limits.h"

namespace theater::wasm {

/// A core WebAssembly value, bit for bit. Same size, alignment and places as the engine's raw
/// value, so that an array of one is an array of the other. Only the bytes of its type count.
union alignas(8) CoreValue {
  std::int32_t i32;
  std::int64_t i64;
  float f32;
  double f64;
  std::uint8_t bytes[16];
};

/// What a call of the guest's realloc is told (specification: old, old size, alignment, new size).
struct ReallocRequest {
  std::uint32_t old_pointer = 0;
  std::uint32_t old_size = 0;
  std::uint32_t alignment = 1;
  std::uint32_t new_size = 0;
};

/// Port: the linear memory of the core module a function was lifted from or lowered into.
class GuestMemory {
 public:
  virtual ~GuestMemory() = default;
  /// The whole memory as it is now; any realloc may move and grow it.
  virtual std::span<std::uint8_t> memory() = 0;
  /// Runs the guest's realloc. The pointer is whatever the guest answered: the caller checks it.
  virtual TrapOr<std::uint32_t> realloc(const ReallocRequest& request) = 0;
};

/// Port: the handles of one component instance. Ids (u64) stand in the binary form, handles (u32)
/// in the guest. Each refuses with a Trap (kResource) as the specification says.
class HandleTable {
 public:
  virtual ~HandleTable() = default;
  /// Takes an own handle out of the table: traps if it is unknown, of another resource, a borrow,
  /// or lent out.
  virtual TrapOr<std::uint64_t> lift_own(std::uint32_t resource, std::uint32_t handle) = 0;
  /// Looks a handle up for the length of the call.
  virtual TrapOr<std::uint64_t> lift_borrow(std::uint32_t resource, std::uint32_t handle) = 0;
  virtual TrapOr<std::uint32_t> lower_own(std::uint32_t resource, std::uint64_t id) = 0;
  virtual TrapOr<std::uint32_t> lower_borrow(std::uint32_t resource, std::uint64_t id) = 0;
};

enum class StringEncoding : std::uint8_t { kUtf8, kUtf16, kLatin1Utf16 };

/// The guest's side of one call: canonical options and ports. Borrowed for the call. A function
/// whose layout does not need memory (or handles) may leave `memory` (or `handles`) null.
struct GuestSide {
  GuestMemory* memory = nullptr;
  HandleTable* handles = nullptr;
  StringEncoding encoding = StringEncoding::kUtf8;
  std::uint64_t lifted_bytes_max = kLiftedBytesMax;
};

// All four: a breach by the guest is a Trap of kind kAbi (or what the ports answer); malformed
// binary, which is the host's, is a Trap of kind kHost. Flat spans have exactly the sizes of
// FunctionLayout's core parameters and results. Output is appended; after a Trap it is undefined.

/// Calling an export: the arguments' binary -> core arguments. `pieces` concatenate to the binary;
/// a scalar, and the raw bytes of a string or list<u8>, lie within one piece (the length may be in
/// the piece before). Calls realloc.
TrapOr<void> lower_arguments(const FunctionLayout& function, std::span<const ByteSpan> pieces,
                             const GuestSide& guest, std::span<CoreValue> core_arguments);
/// After it returned: core results -> the result's binary. Call post-return afterwards.
TrapOr<void> lift_result(const FunctionLayout& function, std::span<const CoreValue> core_results,
                         const GuestSide& guest, Bytes& result);

/// The guest called an import: core arguments -> the arguments' binary. The arguments include the
/// return pointer of a spilled result, which is left alone.
TrapOr<void> lift_arguments(const FunctionLayout& function,
                            std::span<const CoreValue> core_arguments, const GuestSide& guest,
                            Bytes& arguments);
/// Where the result of an import goes: the core arguments it was called with (they hold the return
/// pointer of a spilled result) and room for the core results.
struct ImportReturn {
  std::span<const CoreValue> core_arguments;
  std::span<CoreValue> core_results;
};
/// Answering it: the result's binary -> core results or memory at the return pointer. Calls
/// realloc.
TrapOr<void> lower_result(const FunctionLayout& function, ByteSpan result, const GuestSide& guest,
                          const ImportReturn& place);

}  // namespace theater::wasm
