// Each state answers each input as this table says; the last event comes exactly once on every
// way to the end; nothing leaves closed.
#include "hosts/tcp/machine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace theater::hosts::tcp {
namespace {

constexpr auto kStates = static_cast<int>(State::kCount);
constexpr auto kInputs = static_cast<int>(Input::kCount);

/// One letter a cell, inputs in order: '.' ignored, '=' stays, else a letter of the next state.
std::string row(State state) {
  constexpr std::string_view kLetters = "dosmhepglx";
  std::string letters;
  for (int input = 0; input < kInputs; ++input) {
    const auto& it = kConnectionTable.at(state, static_cast<Input>(input));
    if (input == static_cast<int>(Input::kMove) || input == static_cast<int>(Input::kData)) {
      letters += ' ';
    }
    letters += it.kind == host::CellKind::kIgnore ? '.'
               : it.next == state                 ? '='
                                                  : kLetters[static_cast<std::size_t>(it.next)];
  }
  return letters;
}

TEST(TcpMachine, TheTable) {
  // d dialling, o open, s securing, m moving, h ending, e half, p peer-ended, g leaving, l
  // lingering Inputs: dialled wrap secured, move moved returned, data peer-end shut close flushed
  // lost late
  EXPECT_EQ(row(State::kDialling), "o.. ... ...x.x.");
  EXPECT_EQ(row(State::kOpen), ".s. m.. =phg.xx");
  EXPECT_EQ(row(State::kSecuring), "..o ... ...x.xx");
  EXPECT_EQ(row(State::kMoving), "... .xo ...x.xx");
  EXPECT_EQ(row(State::kEnding), "... ... =g.gexx");
  EXPECT_EQ(row(State::kHalf), "... ... =x.x.xx");
  EXPECT_EQ(row(State::kPeerEnded), "... ... ..gg.xx");
  EXPECT_EQ(row(State::kLeaving), "... ... ....lxx");
  EXPECT_EQ(row(State::kLingering), "... ... .x...xx");
  EXPECT_EQ(row(State::kClosed), "... ... .......");
}

/// Lingering is the one state whose last event has been told. Of one that has moved the owner
/// tells.
TEST(TcpMachine, TheLastEventComesOnceOnEveryWay) {
  const auto is_told = [](State state) {
    return state == State::kLingering || state == State::kClosed;
  };
  for (int state = 0; state < kStates; ++state) {
    for (int input = 0; input < kInputs; ++input) {
      const auto from = static_cast<State>(state);
      const auto& it = kConnectionTable.at(from, static_cast<Input>(input));
      const auto actions = std::span(it.actions).first(it.action_count);
      const auto reports = std::ranges::count(actions, Action::kReport);
      const bool is_moved = static_cast<Input>(input) == Input::kMoved;
      EXPECT_EQ(reports, !is_told(from) && is_told(it.next) && !is_moved ? 1 : 0)
          << state << " " << input;
    }
  }
}

}  // namespace
}  // namespace theater::hosts::tcp
