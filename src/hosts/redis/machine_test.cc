// Each state answers each input as this table says; the last word comes once, from every state but
// closed; nothing leaves closed.
#include "hosts/redis/machine.h"

#include <gtest/gtest.h>

#include <algorithm>
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

TEST(RedisMachine, TheLastWordComesWithClosed) {
  for (int state = 0; state < static_cast<int>(LinkState::kCount); ++state) {
    for (int input = 0; input < static_cast<int>(LinkInput::kCount); ++input) {
      const auto from = static_cast<LinkState>(state);
      const auto& it = kLinkTable.at(from, static_cast<LinkInput>(input));
      const auto actions = std::span(it.actions).first(it.action_count);
      const bool is_told = std::ranges::find(actions, LinkAction::kTellLost) != actions.end();
      EXPECT_EQ(is_told, from != LinkState::kClosed && it.next == LinkState::kClosed);
    }
  }
}

}  // namespace
}  // namespace theater::hosts::redis
