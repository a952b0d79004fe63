// Every state of a session answers every input as this table says. What holds of every machine:
// tables_test.cc.
#include "hosts/database/machine.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace theater::hosts::database
