// Each state answers each input as this table says; the last event comes exactly once on every
// way to the end; from every state there is a way to the end; nothing leaves closed.
#include "hosts/websocket_server/machine.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace theater::hosts::websocket_server {
namespace {

constexpr auto kStates = static_cast<int>(State::kCount);
constexpr auto kInputs = static_cast<int>(Input::kCount);

const auto& cell(int state, int input) {
  return kConnectionTable.cells[static_cast<std::size_t>(state)][static_cast<std::size_t>(input)];
}

/// One letter a cell, inputs in order: '.' ignored, '=' stays, else the first letter of the next
/// state (o-p-ening: 'p').
std::string row(State state) {
  constexpr std::string_view kLetters = "poclgx";
  std::string letters;
  for (int input = 0; input < kInputs; ++input) {
    const auto& it = cell(static_cast<int>(state), input);
    letters += it.kind == host::CellKind::kIgnore ? '.'
               : it.next == state                 ? '='
                                                  : kLetters[static_cast<std::size_t>(it.next)];
  }
  return letters;
}

TEST(ConnectionMachine, TheTable) {
  //                              accept guest-close eject message ping pong peer-close failed
  //                              flushed peer-end broken deadline
  EXPECT_EQ(row(State::kOpening), "oll......xxl");
  EXPECT_EQ(row(State::kOpen), ".cc===ll.xxc");
  EXPECT_EQ(row(State::kClosing), "......ll.xxx");
  EXPECT_EQ(row(State::kLeaving), "........g.xx");
  EXPECT_EQ(row(State::kLingering), ".........xxx");
  EXPECT_EQ(row(State::kClosed), "............");
}

/// Every sequence of five inputs from the start.
void walk(ConnectionMachine machine, int depth, int reports, int destroys) {
  ASSERT_EQ(destroys, machine.state() == State::kClosed ? 1 : 0);
  const bool is_over = machine.state() == State::kClosed || machine.state() == State::kLingering;
  ASSERT_EQ(reports, is_over ? 1 : 0);
  if (depth == 0) return;
  for (int input = 0; input < kInputs; ++input) {
    ConnectionMachine next = machine;
    int reported = reports;
    int destroyed = destroys;
    for (const Action action : next.step(static_cast<Input>(input)).actions) {
      if (action == Action::kReport) ++reported;
      if (action == Action::kDestroy) ++destroyed;
    }
    walk(next, depth - 1, reported, destroyed);
  }
}

TEST(ConnectionMachine, ClosedIsReportedAndTheStreamReleasedExactlyOnce) {
  walk(ConnectionMachine(State::kOpening), 5, 0, 0);
}

TEST(ConnectionMachine, DeadlinesAloneEndEveryState) {
  for (int state = 0; state < kStates; ++state) {
    ConnectionMachine machine(static_cast<State>(state));
    for (int i = 0; i < 3; ++i) machine.step(Input::kDeadline);
    EXPECT_EQ(machine.state(), State::kClosed) << state;
  }
}

}  // namespace
}  // namespace theater::hosts::websocket_server
