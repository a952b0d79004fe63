// Each state answers each input as this table says. What holds of every machine: tables_test.cc.
#include "hosts/redis/machine.h"

#include <gtest/gtest.h>

#include <string>

namespace theater::hosts::redis {
namespace {

/// One letter a cell, inputs in order: '.' ignored, '=' stays, else a letter of the next state.
std::string row(LinkState state) {
  constexpr std::string_view kLetters = "dgox";
  std::string letters;
  for (int input = 0; input < static_cast<int>(LinkInput::kCount); ++input) {
    const auto& it = kLinkTable.at(state, static_cast<LinkInput>(input));
    letters += it.kind == host::CellKind::kIgnore ? '.'
               : it.next == state                 ? '='
                                                  : kLetters[static_cast<std::size_t>(it.next)];
  }
  return letters;
}

TEST(RedisMachine, TheTable) {
  //                                   dialled welcome reply lost
  EXPECT_EQ(row(LinkState::kDialling), "g..x");
  EXPECT_EQ(row(LinkState::kGreeting), ".o.x");
  EXPECT_EQ(row(LinkState::kOpen), "..=x");
  EXPECT_EQ(row(LinkState::kClosed), "....");
}

}  // namespace
}  // namespace theater::hosts::redis
