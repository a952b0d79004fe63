// The failing side of CHECK.
#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace theater {

void check_failed(const char* condition, const char* invariant, const char* file, int line) {
  std::fprintf(stderr, "CHECK failed: %s (%s) at %s:%d\n", condition, invariant, file, line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace theater
