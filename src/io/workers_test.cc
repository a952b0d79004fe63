// Work runs on other threads, several at a time, and its sequel on its asker's executor; stop()
// runs what was handed in; a sequel whose asker is gone does nothing.
#include "io/workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

#include "io/asio_executor.h"
#include "io/lifeline.h"
#include "io/manual_clock.h"
#include "io/metered_workers.h"
#include "io/stepping_executor.h"

namespace theater::io {
namespace {

TEST(WorkerThreads, RunWorkSideBySideAndItsSequelAtHome) {
  AsioExecutor home;
  WorkerThreads workers("test", 2);
  std::latch both(2);  // each waits for the other: one thread alone would never get past it
  int sequels = 0;
  for (int i = 0; i < 2; ++i) {
    workers.run([&both] { both.arrive_and_wait(); }, home, [&sequels] { ++sequels; });
  }
  workers.stop();
  EXPECT_EQ(sequels, 0) << "only the home's thread runs it";
  home.poll();
  EXPECT_EQ(sequels, 2);
}

TEST(WorkerThreads, StopRunsWhatWasHandedIn) {
  AsioExecutor home;
  std::atomic<int> done = 0;
  WorkerThreads workers("test", 4);
  for (int i = 0; i < 100; ++i) workers.run([&done] { ++done; }, home, [] {});
  workers.stop();
  workers.stop();
  EXPECT_EQ(done, 100);
}

TEST(SteppingWorkers, RunOnTheExecutorInOrder) {
  ManualClock clock;
  SteppingExecutor home(clock);
  SteppingWorkers workers;
  std::string order;
  workers.run([&] { order += "a"; }, home, [&] { order += "A"; });
  workers.run([&] { order += "b"; }, home, [&] { order += "B"; });
  EXPECT_EQ(order, "") << "nothing runs inside the call";
  home.run();
  EXPECT_EQ(order, "abAB");
  EXPECT_EQ(workers.done(), 2u);
}

TEST(MeteredWorkers, CountWhatWaits) {
  ManualClock clock;
  SteppingExecutor home(clock);
  SteppingWorkers threads;
  MeteredWorkers workers(threads, clock);
  int done = 0;
  workers.run([&done] { ++done; }, home, [] {});
  clock.advance(Milliseconds(5));
  workers.run([&done] { ++done; }, home, [] {});
  EXPECT_EQ(workers.figures().depth, 2u);
  EXPECT_EQ(workers.figures().oldest_age, Milliseconds(5));
  home.run();
  EXPECT_EQ(done, 2);
  const QueueFigures figures = workers.figures();
  EXPECT_EQ(figures.depth, 0u);
  EXPECT_EQ(figures.high_water, 2u);
  EXPECT_EQ(figures.in, 2u);
  EXPECT_EQ(figures.refused, 0u);
  EXPECT_EQ(figures.oldest_age, Nanoseconds(0));
}

TEST(Lifeline, AGuardedTaskOutlivesItsAskerHarmlessly) {
  int ran = 0;
  auto asker = std::make_unique<Lifeline>();
  Task early = asker->guard([&ran] { ++ran; });
  Task late = asker->guard([&ran] { ++ran; });
  early();
  asker.reset();
  late();
  EXPECT_EQ(ran, 1);
}

TEST(Lifeline, ACutOneGuardsAnew) {
  int ran = 0;
  Lifeline lifeline;
  Task old = lifeline.guard([&ran] { ++ran; });
  lifeline.cut();
  old();
  EXPECT_EQ(ran, 0);
  lifeline.guard([&ran] { ++ran; })();
  EXPECT_EQ(ran, 1);
}

}  // namespace
}  // namespace theater::io
