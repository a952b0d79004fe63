// Clock and Random: the ports for what would make two runs differ.
#pragma once

#include <cstdint>
#include <span>

#include "base/time.h"

namespace theater::io {

/// Reads time. Callable from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonotonicTime now() const = 0;
  virtual WallTime wall() const = 0;
};

/// Fills buffers with unpredictable bytes (or, in tests, with a seeded sequence). One shard's.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> buffer) = 0;
};

}  // namespace theater::io
