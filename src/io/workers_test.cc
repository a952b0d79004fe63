// Work runs on other threads, several at a time, and its sequel on its asker's executor; no user
// holds all threads, and users have their turns; stop() runs what was handed in; a sequel whose
// asker is gone does nothing.
#include "io/workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

#include "io/asio_executor.h"
#include "io/lifeline.h"
#include "io/manual_clock.h"
#include "io/stepping_executor.h"

namespace theater::io {
namespace {

TEST(WorkerThreads, RunWorkSideBySideAndItsSequelAtHome) {
  AsioExecutor home;
  ManualClock clock;
  WorkerThreads threads("test", 2, clock);
  WorkerShare workers(threads, {1});
  std::latch both(2);  // each waits for the other: one thread alone would never get past it
  int sequels = 0;
  for (int i = 0; i < 2; ++i) {
    workers.run([&both] { both.arrive_and_wait(); }, home, [&sequels] { ++sequels; });
  }
  threads.stop();
  EXPECT_EQ(sequels, 0) << "only the home's thread runs it";
  home.poll();
  EXPECT_EQ(sequels, 2);
}

TEST(WorkerThreads, StopRunsWhatWasHandedIn) {
  AsioExecutor home;
  ManualClock clock;
  std::atomic<int> done = 0;
  WorkerThreads workers("test", 4, clock);
  for (std::uint64_t i = 0; i < 100; ++i) {
    workers.run({i % 3}, [&done] { ++done; }, home, [] {});
  }
  workers.stop();
  workers.stop();
  EXPECT_EQ(done, 100);
}

/// Three threads and what they are kept busy with.
struct SharedThreads : testing::Test {
  ManualClock clock;
  AsioExecutor home;
  WorkerThreads threads;
  std::latch gate{1};
  std::mutex mutex;
  std::string order;

  explicit SharedThreads(std::size_t count = 3) : threads("test", count, clock) {}
  ~SharedThreads() override { threads.stop(); }
  /// A job that holds its thread until the gate opens.
  void hold(std::uint64_t user, std::latch& begun) {
    threads.run({user}, [this, &begun] { begun.count_down(), gate.wait(); }, home, [] {});
  }
  void note(std::uint64_t user, char what) {
    const auto does = [this, what] {
      const std::scoped_lock lock(mutex);
      order += what;
    };
    threads.run({user}, does, home, [] {});
  }
};

TEST_F(SharedThreads, OneUserCannotHoldThemAll) {
  std::latch begun(kWorkersOfUserMax), later(48), other(1);
  for (int i = 0; i < 50; ++i) hold(1, i < 2 ? begun : later);
  begun.wait();
  threads.run({2}, [&other] { other.count_down(); }, home, [] {});
  other.wait();  // for ever, if the first user's jobs were before it
  EXPECT_EQ(threads.figures().depth, 48u);
  gate.count_down();
  threads.stop();  // before what its jobs refer to goes
}

struct SharedThread : SharedThreads {
  SharedThread() : SharedThreads(1) {}
};

TEST_F(SharedThread, UsersHaveTheirTurnsWhoeverCameFirst) {
  std::latch begun(1);
  hold(4, begun);
  begun.wait();
  for (const char what : std::string_view("abc")) note(1, what);
  for (const char what : std::string_view("xyz")) note(2, what);
  note(3, '!');
  gate.count_down();
  threads.stop();
  EXPECT_EQ(order, "ax!bycz");
}

TEST_F(SharedThreads, FiguresCountWhatWaits) {
  std::latch begun(2);
  hold(1, begun);
  hold(1, begun);
  begun.wait();
  note(1, 'a');
  note(1, 'b');
  clock.advance(Milliseconds(5));
  QueueFigures figures = threads.figures();
  EXPECT_EQ(figures.depth, 2u);
  EXPECT_EQ(figures.oldest_age, Milliseconds(5));
  gate.count_down();
  threads.stop();
  figures = threads.figures();
  EXPECT_EQ(figures.depth, 0u);
  EXPECT_GE(figures.high_water, 2u);
  EXPECT_EQ(figures.in, 4u);
  EXPECT_EQ(figures.refused, 0u);
  EXPECT_EQ(figures.oldest_age, Nanoseconds(0));
}

TEST(WorkerShare, LongWorkHasThreadsOfItsOwn) {
  ManualClock clock;
  AsioExecutor home;
  WorkerThreads brief("brief", 1, clock), lengthy("long", 1, clock);
  WorkerShare longer(lengthy, {1});
  WorkerShare workers(brief, {1}, &longer);
  std::latch gate(1), done(1);
  workers.for_long().run([&gate] { gate.wait(); }, home, [] {});
  workers.run([&done] { done.count_down(); }, home, [] {});
  done.wait();
  gate.count_down();
  lengthy.stop();
  brief.stop();
  EXPECT_EQ(&longer.for_long(), &longer);
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
