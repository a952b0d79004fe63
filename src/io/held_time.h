// HeldTime: how long a thread was busy or blocked, whatever else ran on its processor.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "io/owned_descriptor.h"

namespace theater::io {

/// Measures the thread that made it, and is to be used by that one alone. What counts is the time
/// in which the thread computes or is blocked (in a file, a lock, a sleep). While it could run but
/// another thread has the processor, or a hypervisor has taken the processor away, nothing counts,
/// so that a busy machine looks like an idle one; but if the thread was blocked as well, the
/// hypervisor's part looks blocked. A mark costs three system calls. Where the kernel does not
/// count waits for a processor, only computing counts.
class HeldTime {
 public:
  struct Mark {
    std::int64_t blocked = 0;  // times
    bool is_wait_counted = false;
    Nanoseconds waited{0};  // for a processor
    Nanoseconds processor{0};
    Nanoseconds time{0};
  };
  struct Span {
    Nanoseconds computed{0}, blocked{0};
    Nanoseconds total() const { return computed + blocked; }
  };
  HeldTime();
  Mark mark() const;
  /// Three system calls.
  Span since(const Mark& mark) const;
  /// The whole time, others' included: the total of since() is at most that. No system call.
  static Nanoseconds passed(const Mark& mark);

 private:
  bool read_waited(Nanoseconds& waited) const;

  OwnedDescriptor statistics_;
};

}  // namespace theater::io
