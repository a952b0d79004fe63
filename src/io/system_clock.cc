// SystemClock and SystemRandom: the system calls.
#include "io/system_clock.h"

#include <sys/random.h>

#include <cerrno>
#include <chrono>

#include "base/check.h"

namespace theater::io {

MonotonicTime SystemClock::now() const {
  return {std::chrono::steady_clock::now().time_since_epoch()};
}

WallTime SystemClock::wall() const { return {std::chrono::system_clock::now().time_since_epoch()}; }

void SystemRandom::fill(std::span<std::uint8_t> buffer) {
  while (!buffer.empty()) {
    const ssize_t got = ::getrandom(buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    CHECK(got > 0, "random bytes");
    buffer = buffer.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace theater::io
