// A Fifo gives its values back in order whatever was pushed and popped before, as std::deque does,
// and holds no memory when it says so.
#include "base/fifo.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <random>

namespace theater {
namespace {

TEST(Fifo, BehavesAsADeque) {
  const std::uint32_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  Fifo<std::uint32_t> fifo;
  std::deque<std::uint32_t> model;
  for (int step = 0; step < 20'000; ++step) {
    const std::uint32_t what = random() % 8;
    if (what < 4) {
      fifo.push_back(random());
      model.push_back(fifo.back());
    } else if (what < 6 && !model.empty()) {
      fifo.pop_front();
      model.pop_front();
    } else if (what == 6 && !model.empty()) {
      fifo.pop_back();
      model.pop_back();
    } else if (random() % 64 == 0) {
      fifo.clear();
      model.clear();
      fifo.release_memory();
    }
    ASSERT_EQ(fifo.size(), model.size());
    for (std::size_t i = 0; i < model.size(); ++i) ASSERT_EQ(fifo[i], model[i]) << "step " << step;
  }
}

TEST(Fifo, AValueThatLeftIsReleased) {
  Fifo<std::shared_ptr<int>> fifo;
  const auto value = std::make_shared<int>(7);
  fifo.push_back(value);
  fifo.push_back(value);
  fifo.pop_front();
  EXPECT_EQ(value.use_count(), 2);
  fifo.pop_back();
  EXPECT_EQ(value.use_count(), 1);
}

TEST(Fifo, AMoveLeavesItEmptyAndOfUse) {
  Fifo<int> fifo;
  fifo.push_back(1);
  Fifo<int> other = std::move(fifo);
  fifo.push_back(2);
  EXPECT_EQ(fifo.front(), 2);
  EXPECT_EQ(other.front(), 1);
}

}  // namespace
}  // namespace theater
