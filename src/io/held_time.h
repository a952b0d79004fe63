// HeldTime: how long a thread was busy or blocked, whatever else ran on its processor.
#pragma once

#include "base/time.h"
#include "io/owned_descriptor.h"

namespace theater::io {

/// Measures the thread that made it, and is to be used by that one alone. What counts is the time
/// in which the thread computes or is blocked (in a file, a lock, a sleep); while it could run but
/// another one has the processor nothing counts, so that a busy machine looks like an idle one. A
/// look costs a system call. Where the kernel does not count waits for a processor, only computing
/// counts.
class HeldTime {
 public:
  struct Mark {
    Nanoseconds waited{0};
    Nanoseconds time{0};
  };
  HeldTime();
  Mark mark() const;
  Nanoseconds since(const Mark& mark) const;

 private:
  bool read_waited(Nanoseconds& waited) const;

  OwnedDescriptor statistics_;
};

}  // namespace theater::io
