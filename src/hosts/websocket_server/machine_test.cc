// Each state answers each input as this table says. What holds of every machine: tables_test.cc.
#include "hosts/websocket_server/machine.h"

#include <gtest/gtest.h>

#include <string>

namespace theater::hosts::websocket_server {
namespace {

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

}  // namespace
}  // namespace theater::hosts::websocket_server
