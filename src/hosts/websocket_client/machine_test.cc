// Each state answers each input as this table says. What holds of every machine: tables_test.cc.
#include "hosts/websocket_client/machine.h"

#include <gtest/gtest.h>

#include <string>

namespace theater::hosts::websocket_client {
namespace {

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

}  // namespace
}  // namespace theater::hosts::websocket_client
