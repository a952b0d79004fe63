// A watched descriptor's user is told while it is ready and wanted, and never after unwatch; the
// double of the tests says the same of real descriptors.
#include "io/descriptors.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>

#include "io/memory/fake_descriptors.h"

namespace theater::io {
namespace {

struct Pipe {
  Pipe() { EXPECT_EQ(::pipe(ends.data()), 0); }
  ~Pipe() {
    ::close(ends[0]);
    if (ends[1] >= 0) ::close(ends[1]);
  }
  void write() { EXPECT_EQ(::write(ends[1], "x", 1), 1); }
  void read() {
    char byte = 0;
    EXPECT_EQ(::read(ends[0], &byte, 1), 1);
  }
  void hang_up() { ::close(std::exchange(ends[1], -1)); }
  std::array<int, 2> ends{};
};

struct User final : DescriptorUser {
  void on_ready(int descriptor, Readiness ready) override {
    seen += fmt::format("{}{} ", descriptor == first ? "first" : "second",
                        ready == Readiness::kRead    ? "R"
                        : ready == Readiness::kWrite ? "W"
                                                     : "B");
    if (also_unwatch >= 0) descriptors->unwatch(also_unwatch);
  }
  Descriptors* descriptors = nullptr;
  int first = -1, also_unwatch = -1;
  std::string seen;
};

constexpr int kTasks = 4;
constexpr Nanoseconds kPatience{1'000'000};

struct DescriptorsTest : testing::Test {
  AsioExecutor executor;
  EpollDescriptors descriptors{executor};
  Pipe pipe, other;
  User user;
  DescriptorsTest() {
    user.descriptors = &descriptors;
    user.first = pipe.ends[0];
  }
  /// A few tasks of the executor: a descriptor that stays ready is told of again and again.
  std::string turn() {
    user.seen.clear();
    for (int task = 0; task < kTasks; ++task) executor.run_one_for(kPatience);
    return user.seen;
  }
};

TEST_F(DescriptorsTest, TellsAgainWhileItIsReady) {
  ASSERT_TRUE(descriptors.watch(pipe.ends[0], Readiness::kRead, user));
  EXPECT_EQ(turn(), "");
  pipe.write();
  EXPECT_NE(turn().find("firstR"), std::string::npos);
  EXPECT_NE(turn().find("firstR"), std::string::npos) << "nobody read";
  pipe.read();
  EXPECT_EQ(turn(), "");
  pipe.hang_up();
  EXPECT_NE(turn().find("firstR"), std::string::npos) << "the end counts as what is wanted";
  descriptors.unwatch(pipe.ends[0]);
}

TEST_F(DescriptorsTest, WhatIsWantedChanges) {
  user.first = pipe.ends[1];
  ASSERT_TRUE(descriptors.watch(pipe.ends[1], Readiness::kNone, user));
  EXPECT_EQ(turn(), "");
  ASSERT_TRUE(descriptors.watch(pipe.ends[1], Readiness::kWrite, user));
  EXPECT_NE(turn().find("firstW"), std::string::npos);
  ASSERT_TRUE(descriptors.watch(pipe.ends[1], Readiness::kNone, user));
  EXPECT_EQ(turn(), "");
  descriptors.unwatch(pipe.ends[1]);
}

TEST_F(DescriptorsTest, NoCallAfterUnwatch) {
  ASSERT_TRUE(descriptors.watch(pipe.ends[0], Readiness::kRead, user));
  ASSERT_TRUE(descriptors.watch(other.ends[0], Readiness::kRead, user));
  pipe.write();
  other.write();
  descriptors.unwatch(pipe.ends[0]);
  descriptors.unwatch(pipe.ends[0]);
  EXPECT_EQ(turn().find("first"), std::string::npos);
  // Both ready in one turn; whoever is told first unwatches both.
  ASSERT_TRUE(descriptors.watch(pipe.ends[0], Readiness::kRead, user));
  user.also_unwatch = other.ends[0];
  turn();
  user.also_unwatch = -1;
  EXPECT_EQ(turn().find("second"), std::string::npos);
  descriptors.unwatch(pipe.ends[0]);
}

TEST_F(DescriptorsTest, AFileCannotBeWatched) {
  const auto refused = descriptors.watch(4711, Readiness::kRead, user);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("watch a descriptor"), std::string::npos);
}

TEST(FakeDescriptors, LooksAtRealOnesAndTellsOfMadeUpOnes) {
  FakeDescriptors descriptors;
  Pipe pipe;
  User user;
  user.first = pipe.ends[0];
  ASSERT_TRUE(descriptors.watch(pipe.ends[0], Readiness::kRead, user));
  EXPECT_EQ(descriptors.poll_now(), 0u);
  pipe.write();
  EXPECT_EQ(descriptors.poll_now(), 1u);
  EXPECT_EQ(user.seen, "firstR ");
  ASSERT_TRUE(descriptors.watch(7777, Readiness::kWrite, user));
  EXPECT_FALSE(descriptors.tell(7777, Readiness::kRead)) << "not wanted";
  EXPECT_TRUE(descriptors.tell(7777, Readiness::kBoth));
  EXPECT_EQ(user.seen, "firstR secondW ");
  descriptors.unwatch(7777);
  EXPECT_FALSE(descriptors.tell(7777, Readiness::kWrite));
  EXPECT_EQ(descriptors.size(), 1u);
}

}  // namespace
}  // namespace theater::io
