// Nothing runs by itself; tasks run in order, timers when due, cancelled timers never.
#include "io/stepping_executor.h"

#include <gtest/gtest.h>

#include <string>

namespace theater::io {
namespace {

TEST(SteppingExecutor, RunsTasksInOrderAndOnlyWhenTold) {
  ManualClock clock;
  SteppingExecutor executor(clock);
  std::string trace;
  executor.post([&] {
    trace += 'a';
    executor.post([&] { trace += 'c'; });
  });
  executor.post([&] { trace += 'b'; });
  EXPECT_EQ(trace, "");
  EXPECT_TRUE(executor.step());
  EXPECT_EQ(trace, "a");
  EXPECT_EQ(executor.run(), 2u);
  EXPECT_EQ(trace, "abc");
  EXPECT_FALSE(executor.step());
}

TEST(SteppingExecutor, TimersRunAtTheirTime) {
  ManualClock clock;
  SteppingExecutor executor(clock);
  std::string trace;
  const MonotonicTime start = clock.now();
  executor.after(Milliseconds(20), [&] {
    trace += 'b';
    EXPECT_EQ(clock.now() - start, Milliseconds(20));
  });
  executor.after(Milliseconds(10), [&] {
    trace += 'a';
    executor.after(Milliseconds(5), [&] { trace += '+'; });
  });
  const TimerId cancelled = executor.after(Milliseconds(1), [&] { trace += 'x'; });
  executor.cancel(cancelled);
  EXPECT_EQ(executor.next_timer(), Milliseconds(10));
  executor.advance(Milliseconds(19));
  EXPECT_EQ(trace, "a+");
  executor.advance(Milliseconds(1));
  EXPECT_EQ(trace, "a+b");
  EXPECT_EQ(executor.timer_count(), 0u);
}

TEST(SeededRandom, SameSeedSameBytes) {
  std::uint8_t first[20], second[20];
  SeededRandom(7).fill(first);
  SeededRandom(7).fill(second);
  EXPECT_TRUE(equal(first, second));
}

}  // namespace
}  // namespace theater::io
