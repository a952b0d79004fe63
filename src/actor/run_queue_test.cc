// Runnables are served in turn, a bounded number at once, never while the log is overloaded;
// between two slices comes what the shard's other work leads to.
#include "actor/run_queue.h"

#include <gtest/gtest.h>

#include <string>

#include "io/stepping_executor.h"

namespace theater::actor {
namespace {

struct Worker : Runnable {
  Worker(std::string& out, char letter, int turns) : trace(out), name(letter), left(turns) {}
  Next run() override {
    trace += name;
    return --left > 0 ? more : Next::kIdle;
  }
  std::string& trace;
  char name;
  int left;
  Next more = Next::kAgain;
};

struct RunQueueTest : testing::Test {
  io::ManualClock clock;
  io::SteppingExecutor executor{clock};
  bool overloaded = false;
  RunQueue queue{executor, [this] { return overloaded; }};
  std::string trace;
};

TEST_F(RunQueueTest, ServesInRotation) {
  Worker a(trace, 'a', 3), b(trace, 'b', 2);
  queue.add(a);
  queue.add(b);
  queue.add(a);  // already queued
  EXPECT_EQ(trace, "");
  executor.run();
  EXPECT_EQ(trace, "ababa");
}

TEST_F(RunQueueTest, LetsOtherWorkThroughAfterATurn) {
  Worker a(trace, 'a', 200);
  queue.add(a);
  executor.post([this] { trace += '!'; });
  executor.run();
  EXPECT_EQ(trace.find('!'), RunQueue::kTurnsAtOnce);
  EXPECT_EQ(trace.size(), 201u);
}

TEST_F(RunQueueTest, LetsOtherWorkThroughAfterEachWholeSlice) {
  Worker a(trace, 'a', 3), b(trace, 'b', 2);
  a.more = Runnable::Next::kYielded;
  queue.add(a);
  queue.add(b);
  executor.post([this] { trace += '!'; });
  executor.run();
  EXPECT_EQ(trace, "abb!aa");
}

TEST_F(RunQueueTest, LetsWhatOtherWorkLeadsToComeBeforeTheNextSlice) {
  Worker a(trace, 'a', 3), b(trace, 'b', 1);
  a.more = Runnable::Next::kYielded;
  queue.add(a);
  executor.step();
  executor.post([&] {  // as a socket that is told, whose message an actor handles
    trace += '1';
    executor.post([&] {
      trace += '2';
      queue.add(b);
    });
  });
  executor.run();
  EXPECT_EQ(trace, "a12baa");
}

TEST_F(RunQueueTest, WorkWithoutEndDelaysASliceByABoundedNumberOfTasks) {
  Worker a(trace, 'a', 2), b(trace, 'b', 10'000);
  a.more = Runnable::Next::kYielded;
  queue.add(a);
  queue.add(b);
  executor.run();
  EXPECT_LE(trace.find('a', 1), RunQueue::kTurnsAtOnce * (RunQueue::kRoundsBetweenSlices + 1));
}

TEST_F(RunQueueTest, ASliceWaitsWhileOverloadedAndIsForgottenWhenRemoved) {
  Worker a(trace, 'a', 3);
  a.more = Runnable::Next::kYielded;
  queue.add(a);
  executor.step();
  overloaded = true;
  executor.run();
  EXPECT_EQ(trace, "a");
  queue.add(a);  // already queued
  overloaded = false;
  queue.resume();
  for (std::size_t i = 0; i < RunQueue::kRoundsBetweenSlices; ++i) executor.step();
  EXPECT_EQ(trace, "aa");
  queue.remove(a);
  executor.run();
  EXPECT_EQ(trace, "aa");
}

TEST_F(RunQueueTest, ServesNothingWhileOverloaded) {
  Worker a(trace, 'a', 2);
  overloaded = true;
  queue.add(a);
  executor.run();
  EXPECT_EQ(trace, "");
  Worker b(trace, 'b', 1);
  queue.add(b);
  EXPECT_EQ(executor.task_count(), 0u) << "a held queue posts nothing";
  overloaded = false;
  queue.resume();
  executor.run();
  EXPECT_EQ(trace, "aba");
}

TEST_F(RunQueueTest, ForgetsWhatIsRemoved) {
  Worker a(trace, 'a', 1), b(trace, 'b', 1);
  queue.add(a);
  queue.add(b);
  queue.remove(a);
  executor.run();
  EXPECT_EQ(trace, "b");
}

}  // namespace
}  // namespace theater::actor
