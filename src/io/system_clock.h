// SystemClock and SystemRandom: the kernel's clocks and random bytes behind the ports.
#pragma once

#include "io/clock.h"

namespace theater::io {

/// CLOCK_MONOTONIC and CLOCK_REALTIME. Stateless; any thread.
class SystemClock final : public Clock {
 public:
  MonotonicTime now() const override;
  WallTime wall() const override;
};

/// getrandom(2). Stateless; any thread. Aborts if the kernel has no random bytes to give.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> buffer) override;
};

}  // namespace theater::io
