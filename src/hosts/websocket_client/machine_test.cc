// Each state answers each input as this table says; the last event comes exactly once on every
// way to the end; from every state there is a way to the end; nothing leaves closed.
#include "hosts/websocket_client/machine.h"

#include <gtest/gtest.h>

#include <string>

namespace theater::hosts::websocket_client {
namespace {

constexpr auto kStates = static_cast<int>(State::kCount);
constexpr auto kInputs = static_cast<int>(Input::kCount);

/// One letter a cell, inputs in order: '.' ignored, '=' stays, else a letter of the next state.
std::string row(State state) {
  constexpr std::string_view kLetters = "duoclgwx";
  std::string letters;
  for (int input = 0; input < kInputs; ++input) {
    const auto& it = kConnectionTable.at(state, static_cast<Input>(input));
    letters += it.kind == host::CellKind::kIgnore ? '.'
               : it.next == state                 ? '='
                                                  : kLetters[static_cast<std::size_t>(it.next)];
  }
  return letters;
}

TEST(ClientMachine, TheTable) {
  //                               dialled answered retry again gone close message ping
  //                               peer-close failed flushed peer-end deadline
  EXPECT_EQ(row(State::kDialling), "u..wxx.......");
  EXPECT_EQ(row(State::kUpgrading), ".o.wxx.......");
  EXPECT_EQ(row(State::kOpen), "...wxc==ll..c");
  EXPECT_EQ(row(State::kClosing), "....x...ll.xx");
  EXPECT_EQ(row(State::kLeaving), "....x.....g.x");
  EXPECT_EQ(row(State::kLingering), "....x......xx");
  EXPECT_EQ(row(State::kWaiting), "..d.xx.......");
  EXPECT_EQ(row(State::kClosed), ".............");
}

/// Every sequence of inputs from the start.
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

TEST(ClientMachine, ClosedIsReportedAndTheSocketReleasedExactlyOnce) {
  walk(ConnectionMachine(State::kDialling), 6, 0, 0);
}

TEST(ClientMachine, LossEndsEveryState) {
  for (int state = 0; state < kStates; ++state) {
    ConnectionMachine machine(static_cast<State>(state));
    machine.step(Input::kGone);
    EXPECT_EQ(machine.state(), State::kClosed) << state;
  }
}

}  // namespace
}  // namespace theater::hosts::websocket_client
