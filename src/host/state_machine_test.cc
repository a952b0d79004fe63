// Every cell answers; moves and actions are those of the table; ignored events change nothing and
// say so.
#include "host/state_machine.h"

#include <gtest/gtest.h>

namespace theater::host {
namespace {

enum class State : std::uint8_t { kShut, kOpen, kCount };
enum class Event : std::uint8_t { kPush, kPull, kCount };
enum class Action : std::uint8_t { kRing, kLight };
using M = Notation<State, Event, Action>;

constexpr auto kDoor = M::table({
    M::move(State::kShut, Event::kPush, State::kOpen, {Action::kRing, Action::kLight}),
    M::ignore(State::kShut, Event::kPull),
    M::ignore(State::kOpen, Event::kPush),
    M::move(State::kOpen, Event::kPull, State::kShut),
});

TEST(StateMachine, MovesAndActs) {
  Machine<kDoor> door(State::kShut);
  const auto opened = door.step(Event::kPush);
  EXPECT_EQ(door.state(), State::kOpen);
  ASSERT_EQ(opened.actions.size(), 2u);
  EXPECT_EQ(opened.actions[0], Action::kRing);
  EXPECT_EQ(opened.actions[1], Action::kLight);
  EXPECT_FALSE(opened.ignored);
  EXPECT_TRUE(door.step(Event::kPull).actions.empty());
  EXPECT_EQ(door.state(), State::kShut);
}

TEST(StateMachine, IgnoredEventsChangeNothingAndSaySo) {
  Machine<kDoor> door(State::kShut);
  EXPECT_TRUE(door.step(Event::kPull).ignored);
  EXPECT_EQ(door.state(), State::kShut);
}

static_assert(sizeof(Machine<kDoor>) == 1);

}  // namespace
}  // namespace theater::host
