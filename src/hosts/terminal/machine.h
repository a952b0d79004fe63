// A terminal's life, as one actor has it.
#pragma once

#include "host/state_machine.h"

namespace theater::hosts::terminal {

enum class State : std::uint8_t {
  kLines,    // as it was found
  kRaw,      // raw mode
  kLeaving,  // the actor ends; what was written is still shown
  kClosed,   // given back, or gone
  kCount
};

enum class Input : std::uint8_t {
  kSetRaw,
  kSetLines,
  kHangUp,  // it is gone
  kStop,
  kWritten,  // nothing waits to be shown, or it took too long
  kKill,
  kCount
};

enum class Action : std::uint8_t { kEnterRaw, kLeaveRaw, kTellClosed, kGiveBack };

namespace machine_detail {
using M = host::Notation<State, Input, Action>;
using S = State;
using I = Input;
using A = Action;
}  // namespace machine_detail

inline constexpr auto kTable = [] consteval {
  using namespace machine_detail;  // NOLINT: the table's own words
  return M::table({
      M::move(S::kLines, I::kSetRaw, S::kRaw, {A::kEnterRaw}),
      M::ignore(S::kLines, I::kSetLines),
      M::move(S::kLines, I::kHangUp, S::kClosed, {A::kGiveBack, A::kTellClosed}),
      M::move(S::kLines, I::kStop, S::kLeaving),
      M::ignore(S::kLines, I::kWritten),
      M::move(S::kLines, I::kKill, S::kClosed, {A::kGiveBack}),

      M::ignore(S::kRaw, I::kSetRaw),
      M::move(S::kRaw, I::kSetLines, S::kLines, {A::kLeaveRaw}),
      M::move(S::kRaw, I::kHangUp, S::kClosed, {A::kGiveBack, A::kTellClosed}),
      M::move(S::kRaw, I::kStop, S::kLeaving),
      M::ignore(S::kRaw, I::kWritten),
      M::move(S::kRaw, I::kKill, S::kClosed, {A::kGiveBack}),

      M::ignore(S::kLeaving, I::kSetRaw),
      M::ignore(S::kLeaving, I::kSetLines),
      M::move(S::kLeaving, I::kHangUp, S::kClosed, {A::kGiveBack}),
      M::ignore(S::kLeaving, I::kStop),
      M::move(S::kLeaving, I::kWritten, S::kClosed, {A::kGiveBack}),
      M::move(S::kLeaving, I::kKill, S::kClosed, {A::kGiveBack}),

      M::ignore(S::kClosed, I::kSetRaw),
      M::ignore(S::kClosed, I::kSetLines),
      M::ignore(S::kClosed, I::kHangUp),
      M::ignore(S::kClosed, I::kStop),
      M::ignore(S::kClosed, I::kWritten),
      M::ignore(S::kClosed, I::kKill),
  });
}();

}  // namespace theater::hosts::terminal
