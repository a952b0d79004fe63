// Each state answers each input as this table says; an exchange reports its end at most once, and
// not at all if nobody wants it any more; a paused one is never late.
#include "hosts/http_client/machine.h"

#include <gtest/gtest.h>

#include <string>

namespace theater::hosts::http_client {
namespace {

constexpr auto kInputs = static_cast<int>(Input::kCount);

/// One letter a cell, inputs in order: '.' ignored, '=' stays, else a letter of the next state.
std::string row(State state) {
  constexpr std::string_view kLetters = "cswrpe";
  std::string letters;
  for (int input = 0; input < kInputs; ++input) {
    const auto& it = kExchangeTable.at(state, static_cast<Input>(input));
    letters += it.kind == host::CellKind::kIgnore ? '.'
               : it.next == state                 ? '='
                                                  : kLetters[static_cast<std::size_t>(it.next)];
  }
  return letters;
}

TEST(ExchangeTable, TheTable) {
  //                               connected sent head body full room done late cancel
  EXPECT_EQ(row(State::kConnecting), "s.....eee");
  EXPECT_EQ(row(State::kSending), "=wr...eee");
  EXPECT_EQ(row(State::kWaiting), "s.r...eee");
  EXPECT_EQ(row(State::kReceiving), "...=p.eee");
  EXPECT_EQ(row(State::kPaused), "...r.re.e");
  EXPECT_EQ(row(State::kEnded), ".........");
}

void walk(ExchangeMachine machine, int depth, int reports, bool is_cancelled) {
  ASSERT_LE(reports, is_cancelled ? 0 : 1);
  ASSERT_EQ(reports == 1 || is_cancelled, machine.state() == State::kEnded);
  if (depth == 0) return;
  for (int input = 0; input < kInputs; ++input) {
    ExchangeMachine next = machine;
    const bool was_ended = machine.state() == State::kEnded;
    int reported = reports;
    for (const Action action : next.step(static_cast<Input>(input)).actions) {
      if (action == Action::kReport) ++reported;
    }
    const bool cancels = !was_ended && static_cast<Input>(input) == Input::kCancel;
    walk(next, depth - 1, reported, is_cancelled || cancels);
  }
}

TEST(ExchangeTable, EndsOnce) { walk(ExchangeMachine(State::kConnecting), 6, 0, false); }

}  // namespace
}  // namespace theater::hosts::http_client
