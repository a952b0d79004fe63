// Each state answers each input as this table says; no request is answered twice. What holds of
// every machine: tables_test.cc.
#include "hosts/http_server/machine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace theater::hosts::http_server {
namespace {

constexpr auto kInputs = static_cast<int>(Input::kCount);

const auto& cell(int state, int input) {
  return kConnectionTable.cells[static_cast<std::size_t>(state)][static_cast<std::size_t>(input)];
}

/// One letter a cell, inputs in order: '.' ignored, '=' stays, else the next state's letter.
std::string row(State state) {
  constexpr std::string_view kLetters = "irqhpswlx";
  std::string letters;
  for (int input = 0; input < kInputs; ++input) {
    const auto& it = cell(static_cast<int>(state), input);
    letters += it.kind == host::CellKind::kIgnore ? '.'
               : it.next == state                 ? '='
                                                  : kLetters[static_cast<std::size_t>(it.next)];
  }
  return letters;
}

TEST(HttpConnectionMachine, TheTable) {
  //                               ask ready refuse taken respond park stream finish
  //                               flushed-keep flushed-last peer-end broken deadline eject
  EXPECT_EQ(row(State::kIdle), "rqw.......xxll");
  EXPECT_EQ(row(State::kReading), ".qw.......xxww");
  EXPECT_EQ(row(State::kQueued), "..whw.....=xw=");
  EXPECT_EQ(row(State::kHandling), "..w.wps...=xw=");
  EXPECT_EQ(row(State::kParked), "..w.w.....xxww");
  EXPECT_EQ(row(State::kStreaming), ".......w..xxxw");
  EXPECT_EQ(row(State::kWriting), "........il=xx=");
  EXPECT_EQ(row(State::kLingering), "..........xxx.");
  EXPECT_EQ(row(State::kClosed), "..............");
}

bool is_answer(Action action) {
  return action == Action::kWriteRefusal || action == Action::kWriteResponse ||
         action == Action::kWriteNothing || action == Action::kWriteHead;
}

/// Every sequence of inputs from the start: one answer at most for each request delivered.
void walk(ConnectionMachine machine, int depth, int answers) {
  ASSERT_LE(answers, 1);
  if (machine.state() == State::kIdle) answers = 0;
  if (depth == 0) return;
  for (int input = 0; input < kInputs; ++input) {
    ConnectionMachine next = machine;
    const auto step = next.step(static_cast<Input>(input));
    const auto actions = step.actions;
    walk(next, depth - 1, answers + static_cast<int>(std::ranges::count_if(actions, is_answer)));
  }
}

TEST(HttpConnectionMachine, ARequestIsAnsweredOnce) { walk(ConnectionMachine(State::kIdle), 6, 0); }

}  // namespace
}  // namespace theater::hosts::http_server
