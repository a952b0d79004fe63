// Tasks run in the order posted, never inside post; timers run in order of their time, once, and
// not at all when cancelled, even when already due.
#include "io/asio_executor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

namespace theater::io {
namespace {

TEST(AsioExecutor, RunsPostedTasksInOrderAndLater) {
  AsioExecutor executor;
  std::vector<int> order;
  executor.post([&] {
    executor.post([&] { order.push_back(3); });
    order.push_back(1);
  });
  executor.post([&] { order.push_back(2); });
  EXPECT_TRUE(order.empty());
  executor.poll();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST(AsioExecutor, TimersRunOnceInOrderOfTime) {
  AsioExecutor executor;
  std::vector<int> order;
  executor.after(Milliseconds(4), [&] {
    order.push_back(2);
    executor.stop();
  });
  executor.after(Milliseconds(1), [&] { order.push_back(1); });
  executor.after(Nanoseconds(-5), [&] { order.push_back(0); });
  executor.run();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
}

TEST(AsioExecutor, CancelledTimerDoesNotRunEvenWhenDue) {
  AsioExecutor executor;
  bool ran = false;
  TimerId victim;
  executor.after(Nanoseconds(0), [&] { executor.cancel(victim); });
  victim = executor.after(Nanoseconds(0), [&] { ran = true; });
  executor.after(Milliseconds(1), [&] { executor.stop(); });
  executor.run();
  EXPECT_FALSE(ran);
  executor.cancel(victim);
  executor.cancel(TimerId{999});
}

TEST(AsioExecutor, ALaterTimerThatComesFirstHoldsNoneUp) {
  AsioExecutor executor;
  std::vector<int> order;
  const TimerId later = executor.after(std::chrono::hours(1), [&] { order.push_back(9); });
  executor.after(Milliseconds(3), [&] {
    order.push_back(2);
    executor.stop();
  });
  executor.after(Milliseconds(1), [&] { order.push_back(1); });
  executor.cancel(later);
  executor.after(Nanoseconds::max(), [&] { order.push_back(9); });
  executor.run();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST(AsioExecutor, ManyTimersAtOnceLetOtherWorkThroughAndAllRun) {
  AsioExecutor executor;
  constexpr int kTimers = 1000;
  int ran = 0, ran_before_post = 0;
  for (int i = 0; i < kTimers; ++i) {
    executor.after(Nanoseconds(0), [&] {
      if (ran == 0) executor.post([&] { ran_before_post = ran; });
      // What a timer adds does not come before those that are due.
      if (ran == 0) executor.after(Nanoseconds(0), [&] { executor.stop(); });
      ++ran;
    });
  }
  executor.run();
  EXPECT_EQ(ran, kTimers);
  EXPECT_LT(ran_before_post, kTimers);
}

TEST(AsioExecutor, PostsFromAnotherThreadArrive) {
  AsioExecutor executor;
  int sum = 0;
  std::thread other([&] {
    for (int i = 1; i <= 100; ++i) executor.post([&sum, i] { sum += i; });
    executor.post([&] { executor.stop(); });
  });
  executor.run();
  other.join();
  EXPECT_EQ(sum, 5050);
}

TEST(AsioExecutor, PostsFromAnotherThreadWhileItRunsComeInOrderAndOneByOne) {
  AsioExecutor executor;
  std::vector<int> order;
  std::thread other;
  executor.post([&] {
    other = std::thread([&] {
      for (int i = 0; i < 1000; ++i) {
        executor.post([&, i] {
          order.push_back(i);
          if (i == 999) executor.post([&] { executor.stop(); });
        });
      }
    });
  });
  executor.run();
  other.join();
  ASSERT_EQ(order.size(), 1000u);
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

}  // namespace
}  // namespace theater::io
