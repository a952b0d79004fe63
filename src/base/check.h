// CHECK: the guard for our own mistakes. It aborts in every build and cites the invariant at stake.
#pragma once

namespace theater {

/// Prints "CHECK failed: condition (invariant) at file:line" to standard error and aborts.
[[noreturn]] void check_failed(const char* condition, const char* invariant, const char* file,
                               int line);

}  // namespace theater

/// Aborts unless `condition` holds. `invariant` is an id of docs/invariants.md or a few words.
#define CHECK(condition, invariant)                                       \
  do {                                                                    \
    if (!(condition)) [[unlikely]] {                                      \
      ::theater::check_failed(#condition, invariant, __FILE__, __LINE__); \
    }                                                                     \
  } while (false)
