// HeldTime runs while its thread computes or is blocked, and stands while others have the
// processor.
#include "io/held_time.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>

#include "io/system_clock.h"
#include "io/thread.h"

namespace theater::io {
namespace {

MonotonicTime clock_now() { return SystemClock().now(); }

void compute(Nanoseconds span) {
  for (const auto end = clock_now() + span; clock_now() < end;) {
  }
}

/// A wait for a processor between two readings shortens what is measured, so on a busy machine not
/// every round is whole; none may be longer than it took.
TEST(HeldTime, CountsWhatIsBlocked) {
  const HeldTime time;
  Nanoseconds longest{0};
  for (int round = 0; round < 100 && longest < Milliseconds(19); ++round) {
    const MonotonicTime begun = clock_now();
    const HeldTime::Mark before = time.mark();
    ::poll(nullptr, 0, 20);
    const HeldTime::Span held = time.since(before);
    EXPECT_LE(held.total(), clock_now() - begun);
    EXPECT_LT(held.computed, Milliseconds(10));
    longest = std::max(longest, held.blocked);
  }
  EXPECT_GE(longest, Milliseconds(19));
}

TEST(HeldTime, CountsWhatIsComputed) {
  const HeldTime time;
  const HeldTime::Mark before = time.mark();
  const MonotonicTime begun = clock_now();
  const auto computed = [&] { return time.since(before).computed; };
  while (computed() < Milliseconds(10) && clock_now() - begun < std::chrono::minutes(1)) {
  }
  EXPECT_GE(computed(), Milliseconds(10));
}

/// Several threads share one processor: each millisecond of work takes longer, and HeldTime says a
/// millisecond.
TEST(HeldTime, DoesNotCountWaitingForAProcessor) {
  std::atomic<bool> is_over{false};
  const auto crowd = [&](const std::function<void()>& work) {
    cpu_set_t first;
    CPU_ZERO(&first);
    CPU_SET(0, &first);
    ::sched_setaffinity(0, sizeof first, &first);
    work();
  };
  std::array<std::unique_ptr<Thread>, 4> others;
  for (auto& other : others) {
    other = std::make_unique<Thread>("crowd", [&] {
      crowd([&] {
        while (!is_over) compute(Milliseconds(1));
      });
    });
  }
  Nanoseconds longest{0}, held{0};
  Thread own("watched", [&] {
    crowd([&] {
      const HeldTime time;
      for (int round = 0; round < 500 && longest < Milliseconds(12); ++round) {
        const MonotonicTime begun = clock_now();
        const HeldTime::Mark before = time.mark();
        compute(Milliseconds(1));
        const Nanoseconds took = clock_now() - begun;
        if (took <= longest) continue;
        longest = took;
        held = time.since(before).total();
      }
    });
    is_over = true;
  });
  own.join();
  for (auto& other : others) other->join();
  if (longest < Milliseconds(12)) GTEST_SKIP() << "the other threads never came in between";
  EXPECT_LT(held, longest / 2);
}

}  // namespace
}  // namespace theater::io
