// A state comes back from its bytes; older versions are upgraded, unknown ones refused.
#include "theater/state.h"

#include <gtest/gtest.h>

namespace theater {
namespace {

struct State1 {
  std::uint32_t count = 0;
};

struct State2 {
  static constexpr std::uint32_t kVersion = 2;
  using Previous = State1;
  static State2 upgrade(State1 old) { return {.count = old.count, .names = {"first"}}; }
  std::uint64_t count = 0;
  std::vector<std::string> names;
};

struct State4 {
  static constexpr std::uint32_t kVersion = 4;
  using Previous = State2;
  static State4 upgrade(State2 old) { return {.names = std::move(old.names), .total = old.count}; }
  std::vector<std::string> names;
  std::uint64_t total = 0;
};

template <class State>
Bytes saved(State state) {
  StateHolder<State> holder;
  holder.value() = std::move(state);
  const BytesView bytes = holder.save();
  return {bytes.begin(), bytes.end()};
}

TEST(State, ComesBack) {
  StateHolder<State2> holder;
  EXPECT_EQ(holder.load(saved(State2{.count = 5, .names = {"a"}})), "");
  EXPECT_EQ(holder.value().count, 5u);
  EXPECT_EQ(holder.value().names, std::vector<std::string>{"a"});
}

TEST(State, UpgradesThroughEachVersion) {
  StateHolder<State4> holder;
  EXPECT_EQ(holder.load(saved(State1{.count = 7})), "");
  EXPECT_EQ(holder.value().total, 7u);
  EXPECT_EQ(holder.value().names, std::vector<std::string>{"first"});
  EXPECT_EQ(holder.load(saved(State2{.count = 8, .names = {"x"}})), "");
  EXPECT_EQ(holder.value().total, 8u);
}

TEST(State, RefusesUnknownVersionsAndDamage) {
  StateHolder<State2> holder;
  EXPECT_NE(holder.load(saved(State4{})).find("version 4"), std::string::npos);
  EXPECT_NE(holder.load(Bytes{3, 0}).find("this actor writes version 2"), std::string::npos);
  Bytes damaged = saved(State2{.count = 5});
  damaged.push_back(0);
  EXPECT_NE(holder.load(damaged), "");
  EXPECT_EQ(holder.value().count, 0u);
  EXPECT_NE(holder.load({}), "");
}

TEST(State, IsDecodedAgainOnlyIfItMust) {
  StateHolder<State2> holder;
  holder.value().count = 1;
  const BytesView kept = holder.save();
  const Bytes bytes(kept.begin(), kept.end());
  holder.value().count = 99;  // a trace of whether load decodes
  EXPECT_EQ(holder.load(bytes), "");
  EXPECT_EQ(holder.value().count, 99u);
  holder.discard();
  EXPECT_EQ(holder.load(bytes), "");
  EXPECT_EQ(holder.value().count, 1u);
  EXPECT_EQ(holder.load(saved(State2{.count = 2})), "");
  EXPECT_EQ(holder.value().count, 2u);
}

TEST(State, OfAnActorWithoutStateIsEmpty) {
  StateHolder<NoState> holder;
  EXPECT_TRUE(holder.save().empty());
  EXPECT_EQ(holder.load(Bytes{1, 2}), "");
}

}  // namespace
}  // namespace theater
