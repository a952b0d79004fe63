// Every state answers every input: raw mode is entered once and left once, a terminal that is gone
// is told of once, and each end gives it back.
#include "hosts/terminal/machine.h"

#include <gtest/gtest.h>

#include <vector>

namespace theater::hosts::terminal {
namespace {

using Actions = std::vector<Action>;

struct Row {
  State state;
  Input input;
  State next;
  Actions actions;
};

TEST(TerminalMachine, Table) {
  const Row rows[] = {
      {State::kLines, Input::kSetRaw, State::kRaw, {Action::kEnterRaw}},
      {State::kLines, Input::kSetLines, State::kLines, {}},
      {State::kLines, Input::kHangUp, State::kClosed, {Action::kGiveBack, Action::kTellClosed}},
      {State::kLines, Input::kStop, State::kLeaving, {}},
      {State::kLines, Input::kWritten, State::kLines, {}},
      {State::kLines, Input::kKill, State::kClosed, {Action::kGiveBack}},
      {State::kRaw, Input::kSetRaw, State::kRaw, {}},
      {State::kRaw, Input::kSetLines, State::kLines, {Action::kLeaveRaw}},
      {State::kRaw, Input::kHangUp, State::kClosed, {Action::kGiveBack, Action::kTellClosed}},
      {State::kRaw, Input::kStop, State::kLeaving, {}},
      {State::kRaw, Input::kWritten, State::kRaw, {}},
      {State::kRaw, Input::kKill, State::kClosed, {Action::kGiveBack}},
      {State::kLeaving, Input::kSetRaw, State::kLeaving, {}},
      {State::kLeaving, Input::kSetLines, State::kLeaving, {}},
      {State::kLeaving, Input::kHangUp, State::kClosed, {Action::kGiveBack}},
      {State::kLeaving, Input::kStop, State::kLeaving, {}},
      {State::kLeaving, Input::kWritten, State::kClosed, {Action::kGiveBack}},
      {State::kLeaving, Input::kKill, State::kClosed, {Action::kGiveBack}},
      {State::kClosed, Input::kSetRaw, State::kClosed, {}},
      {State::kClosed, Input::kSetLines, State::kClosed, {}},
      {State::kClosed, Input::kHangUp, State::kClosed, {}},
      {State::kClosed, Input::kStop, State::kClosed, {}},
      {State::kClosed, Input::kWritten, State::kClosed, {}},
      {State::kClosed, Input::kKill, State::kClosed, {}},
  };
  for (const Row& row : rows) {
    host::Machine<kTable> machine(row.state);
    const auto step = machine.step(row.input);
    EXPECT_EQ(machine.state(), row.next);
    EXPECT_EQ(Actions(step.actions.begin(), step.actions.end()), row.actions);
  }
}

}  // namespace
}  // namespace theater::hosts::terminal
