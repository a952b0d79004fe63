// Fiber stacks by libc's mmap, each above a guard page.
#include "wasm/watched_stacks.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace theater::wasm {
namespace {

class Stack {
 public:
  explicit Stack(std::size_t bytes)
      : guard_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))), bytes_(bytes) {
    memory_ = ::mmap(nullptr, guard_ + bytes_, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (is_there()) ::mprotect(memory_, guard_, PROT_NONE);
  }
  ~Stack() {
    if (is_there()) ::munmap(memory_, guard_ + bytes_);
  }
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  bool is_there() const { return memory_ != MAP_FAILED; }
  std::uint8_t* top() const { return static_cast<std::uint8_t*>(memory_) + guard_ + bytes_; }
  std::size_t bytes() const { return bytes_; }

 private:
  const std::size_t guard_, bytes_;
  void* memory_;
};

std::uint8_t* top_of(void* stack, std::size_t* bytes) {
  *bytes = static_cast<Stack*>(stack)->bytes();
  return static_cast<Stack*>(stack)->top();
}

/// Fresh memory of mmap is zero, whether that is asked for or not.
wasmtime_error_t* make_stack(void*, std::size_t bytes, bool, wasmtime_stack_memory_t* made) {
  auto stack = std::make_unique<Stack>(bytes);
  if (!stack->is_there()) return wasmtime_error_new("no memory for a fiber's stack");
  made->env = stack.release();
  made->get_stack_memory = top_of;
  made->finalizer = [](void* gone) { delete static_cast<Stack*>(gone); };
  return nullptr;
}

}  // namespace

void watch_stacks(wasm_config_t* config) {
  wasmtime_stack_creator_t creator{nullptr, make_stack, nullptr};
  wasmtime_config_host_stack_creator_set(config, &creator);
}

}  // namespace theater::wasm
