// Replaces parts of the C and C++ libraries that make a component large and do nothing in it.
#include <cstddef>
#include <cstdint>
#include <version>

extern "C" {

/// An instance is dropped as a whole: nothing runs at an exit that never comes.
int __cxa_atexit(void (*)(void*), void*, void*) { return 0; }

/// A failed check ends the invocation with a trap; to print the reason there is no descriptor.
[[noreturn]] void abort_message(const char*, ...) { __builtin_trap(); }

/// Debian's compiler support library is built with stack protection, which needs these.
std::uintptr_t __stack_chk_guard = 0x595e9fbd;
[[noreturn]] void __stack_chk_fail() { __builtin_trap(); }

// One instruction each on a machine with bulk memory.
void* memcpy(void* to, const void* from, std::size_t bytes) {
  return __builtin_memcpy(to, from, bytes);
}
void* memmove(void* to, const void* from, std::size_t bytes) {
  return __builtin_memmove(to, from, bytes);
}
void* memset(void* to, int value, std::size_t bytes) { return __builtin_memset(to, value, bytes); }

}  // extern "C"

namespace std {
inline namespace _LIBCPP_ABI_NAMESPACE {
[[noreturn]] void __libcpp_verbose_abort(const char*, ...) noexcept { __builtin_trap(); }
}  // namespace _LIBCPP_ABI_NAMESPACE
}  // namespace std
