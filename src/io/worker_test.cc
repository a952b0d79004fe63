// A worker runs tasks in order on another thread, and stop() runs what was posted before it.
#include "io/worker.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace theater::io {
namespace {

TEST(WorkerThread, RunsWhatWasPostedBeforeItStopsInOrder) {
  std::vector<int> order;
  std::thread::id where;
  WorkerThread worker("test worker");
  for (int task = 0; task < 100; ++task) {
    worker.post([&order, &where, task] {
      order.push_back(task);
      where = std::this_thread::get_id();
    });
  }
  worker.stop();
  ASSERT_EQ(order.size(), 100u);
  for (int task = 0; task < 100; ++task) EXPECT_EQ(order[static_cast<std::size_t>(task)], task);
  EXPECT_NE(where, std::this_thread::get_id());
}

TEST(WorkerThread, StopsTwiceAndWithoutWork) {
  WorkerThread worker("test worker");
  worker.stop();
  worker.stop();
}

}  // namespace
}  // namespace theater::io
