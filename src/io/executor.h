// Executor: the port through which the core asks to be called again, now or later.
#pragma once

#include <cstdint>
#include <functional>

#include "base/ids.h"
#include "base/time.h"

namespace theater::io {

using Task = std::move_only_function<void()>;
using TimerId = StrongNumber<struct ExecutorTimerTag>;

/// One shard's queue of work. Tasks run one at a time, on the shard's thread, in the order they
/// were posted; never inside the call that posted them.
class Executor {
 public:
  virtual ~Executor() = default;
  /// Runs `task` soon. May be called from any thread.
  virtual void post(Task task) = 0;
  /// Runs `task` once `delay` has passed (at once if it is not positive). Shard thread only.
  virtual TimerId after(Nanoseconds delay, Task task) = 0;
  /// Forgets a timer. A timer that already ran or was cancelled is ignored. Shard thread only.
  virtual void cancel(TimerId timer) = 0;
};

}  // namespace theater::io
