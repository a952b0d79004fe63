// The guest's side of the canonical ABI: memory for what the host passes, and the begin and end of
// calls. Everything passed to a call lives in one arena that is emptied when the next call begins.
#include <cstdlib>
#include <cstring>
#include <utility>

#include "theater/wit.h"

extern "C" void __wasm_call_ctors();

namespace theater::wit {
namespace {

constexpr std::size_t kBlockBytesMin = 32 * 1024;
constexpr std::size_t kBlockBytesKeptMax = 1024 * 1024;

struct Block {
  Block* older;
  std::size_t capacity;
  std::uint8_t* begin() { return reinterpret_cast<std::uint8_t*>(this + 1); }
};

enum class Phase { kNew, kBetweenCalls, kInCall };

constinit Phase phase = Phase::kNew;
constinit Block* block = nullptr;
constinit std::uint8_t* next = nullptr;
constinit std::uint8_t* end = nullptr;

void free_blocks(Block* from) {
  while (from != nullptr) std::free(std::exchange(from, from->older));
}

void empty_arena() {
  if (block == nullptr) return;
  free_blocks(std::exchange(block->older, nullptr));
  if (block->capacity > kBlockBytesKeptMax) free_blocks(std::exchange(block, nullptr));
  next = block == nullptr ? nullptr : block->begin();
  end = block == nullptr ? nullptr : next + block->capacity;
}

/// Makes room for `bytes` at any alignment up to 16.
void grow(std::size_t bytes) {
  std::size_t capacity = block == nullptr ? kBlockBytesMin : block->capacity * 2;
  if (capacity > kBlockBytesKeptMax) capacity = kBlockBytesKeptMax;
  if (capacity < bytes + 16) capacity = bytes + 16;
  auto* made = static_cast<Block*>(std::malloc(sizeof(Block) + capacity));
  if (made == nullptr) __builtin_trap();
  *made = {block, capacity};
  block = made;
  next = made->begin();
  end = next + capacity;
}

std::uint8_t* aligned(std::uint8_t* pointer, std::size_t alignment) {
  return reinterpret_cast<std::uint8_t*>(
      (reinterpret_cast<std::uintptr_t>(pointer) + alignment - 1) & ~(alignment - 1));
}

}  // namespace

void begin_call() {
  if (phase == Phase::kInCall) return;
  if (phase == Phase::kNew) {
    __wasm_call_ctors();
  } else {
    empty_arena();
  }
  phase = Phase::kInCall;
}

void end_call() { phase = Phase::kBetweenCalls; }

/// Called by the host for every list and string it passes.
extern "C" __attribute__((export_name("cabi_realloc"))) void* cabi_realloc(std::uint8_t* old,
                                                                           std::size_t old_bytes,
                                                                           std::size_t alignment,
                                                                           std::size_t bytes) {
  begin_call();
  if (bytes == 0) return reinterpret_cast<void*>(alignment);
  if (old_bytes != 0 && old + old_bytes == next && bytes <= static_cast<std::size_t>(end - old)) {
    next = old + bytes;
    return old;
  }
  std::uint8_t* start = aligned(next, alignment);
  if (start > end || bytes > static_cast<std::size_t>(end - start)) {
    grow(bytes);
    start = aligned(next, alignment);
  }
  next = start + bytes;
  if (old_bytes != 0) std::memcpy(start, old, old_bytes < bytes ? old_bytes : bytes);
  return start;
}

}  // namespace theater::wit
