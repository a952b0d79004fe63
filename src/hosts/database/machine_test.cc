// Every state of a session answers every input; each way to the end lets go of the connection
// exactly once, and what was lost is told exactly when there was something to lose.
#include "hosts/database/machine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace theater::hosts::database {
namespace {

using S = SessionState;
using I = SessionInput;

/// One letter a cell, inputs in order: '.' ignored, else the first letter of the next state
/// (closed is x).
std::string row(S state) {
  constexpr std::string_view kLetters = "xrcibld";
  std::string letters;
  for (int input = 0; input < static_cast<int>(I::kCount); ++input) {
    const auto& it = kSessionTable.at(state, static_cast<I>(input));
    letters +=
        it.kind == host::CellKind::kIgnore ? '.' : kLetters[static_cast<std::size_t>(it.next)];
  }
  return letters;
}

TEST(SessionMachine, TheTable) {
  // open resolved connected run listen abort freed fail close
  EXPECT_EQ(row(S::kClosed), "r........");
  EXPECT_EQ(row(S::kResolving), ".ci....xx");
  EXPECT_EQ(row(S::kConnecting), "..i....xx");
  EXPECT_EQ(row(S::kIdle), "...bl..xx");
  EXPECT_EQ(row(S::kBusy), ".....dixx");
  EXPECT_EQ(row(S::kListening), ".......xx");
  EXPECT_EQ(row(S::kDraining), "......ixx");
}

TEST(SessionMachine, EveryWayToTheEndLetsGoOnce) {
  for (int state = 1; state < static_cast<int>(S::kCount); ++state) {
    for (const I input : {I::kFail, I::kClose}) {
      host::Machine<kSessionTable> machine(static_cast<S>(state));
      const auto step = machine.step(input);
      EXPECT_EQ(machine.state(), S::kClosed);
      EXPECT_EQ(std::ranges::count(step.actions, SessionAction::kRelease), 1);
      for (int later = 1; later < static_cast<int>(I::kCount); ++later) {
        EXPECT_TRUE(machine.step(static_cast<I>(later)).ignored);
      }
    }
  }
}

}  // namespace
}  // namespace theater::hosts::database
