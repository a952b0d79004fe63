// The life of a TCP connection: the table.
//
//   dialling --connected--> open <--> securing (TLS begins)
//   open --transfer, all is written--> moving --> closed, or open again
//   open --we write no more--> ending --all is written--> half --the peer ends--> closed
//   open --the peer writes no more--> peer-ended --we write no more--> leaving
//   each of these --close--> leaving --all is written--> lingering (for the peer's end) --> closed
//   any --it broke, or is too slow--> closed
#pragma once

#include "host/state_machine.h"
#include "hosts/tcp/states.h"

namespace theater::hosts::tcp {

namespace machine_detail {
using M = host::Notation<State, Input, Action>;
using enum State;
using Input::kClose;
using Input::kData;
using Input::kDeadline;
using Input::kDialled;
using Input::kFlushed;
using Input::kLost;
using Input::kMove;
using Input::kMoved;
using Input::kPeerEnd;
using Input::kReturned;
using Input::kSecured;
using Input::kShut;
using Input::kWrap;
}  // namespace machine_detail

inline constexpr auto kConnectionTable = [] consteval {
  using namespace machine_detail;  // NOLINT: the table's own words
  using A = Action;
  return M::table({
      M::move(kDialling, kDialled, kOpen, {A::kTellOpened}),
      M::ignore(kDialling, kWrap),
      M::ignore(kDialling, kSecured),
      M::ignore(kDialling, kMove),
      M::ignore(kDialling, kMoved),
      M::ignore(kDialling, kReturned),
      M::ignore(kDialling, kData),
      M::ignore(kDialling, kPeerEnd),
      M::ignore(kDialling, kShut),
      M::move(kDialling, kClose, kClosed, {A::kReport, A::kDestroy}),
      M::ignore(kDialling, kFlushed),
      M::move(kDialling, kLost, kClosed, {A::kReport, A::kDestroy}),
      M::ignore(kDialling, kDeadline),

      M::ignore(kOpen, kDialled),
      M::move(kOpen, kWrap, kSecuring, {A::kWrap}),
      M::ignore(kOpen, kSecured),
      M::move(kOpen, kMove, kMoving, {A::kMove}),
      M::ignore(kOpen, kMoved),
      M::ignore(kOpen, kReturned),
      M::move(kOpen, kData, kOpen, {A::kDeliver}),
      M::move(kOpen, kPeerEnd, kPeerEnded, {A::kTellEnd}),
      M::move(kOpen, kShut, kEnding),
      M::move(kOpen, kClose, kLeaving),
      M::ignore(kOpen, kFlushed),
      M::move(kOpen, kLost, kClosed, {A::kReport, A::kDestroy}),
      M::move(kOpen, kDeadline, kClosed, {A::kReport, A::kDestroy}),

      M::ignore(kSecuring, kDialled),
      M::ignore(kSecuring, kWrap),
      M::move(kSecuring, kSecured, kOpen, {A::kTellSecured}),
      M::ignore(kSecuring, kMove),
      M::ignore(kSecuring, kMoved),
      M::ignore(kSecuring, kReturned),
      M::ignore(kSecuring, kData),
      M::ignore(kSecuring, kPeerEnd),
      M::ignore(kSecuring, kShut),
      M::move(kSecuring, kClose, kClosed, {A::kReport, A::kDestroy}),
      M::ignore(kSecuring, kFlushed),
      M::move(kSecuring, kLost, kClosed, {A::kReport, A::kDestroy}),
      M::move(kSecuring, kDeadline, kClosed, {A::kReport, A::kDestroy}),

      M::ignore(kMoving, kDialled),
      M::ignore(kMoving, kWrap),
      M::ignore(kMoving, kSecured),
      M::ignore(kMoving, kMove),
      M::move(kMoving, kMoved, kClosed, {A::kDestroy}),
      M::move(kMoving, kReturned, kOpen),
      M::ignore(kMoving, kData),
      M::ignore(kMoving, kPeerEnd),
      M::ignore(kMoving, kShut),
      M::move(kMoving, kClose, kClosed, {A::kReport, A::kDestroy}),
      M::ignore(kMoving, kFlushed),
      M::move(kMoving, kLost, kClosed, {A::kReport, A::kDestroy}),
      M::move(kMoving, kDeadline, kClosed, {A::kReport, A::kDestroy}),

      M::ignore(kEnding, kDialled),
      M::ignore(kEnding, kWrap),
      M::ignore(kEnding, kSecured),
      M::ignore(kEnding, kMove),
      M::ignore(kEnding, kMoved),
      M::ignore(kEnding, kReturned),
      M::move(kEnding, kData, kEnding, {A::kDeliver}),
      M::move(kEnding, kPeerEnd, kLeaving, {A::kTellEnd}),
      M::ignore(kEnding, kShut),
      M::move(kEnding, kClose, kLeaving),
      M::move(kEnding, kFlushed, kHalf, {A::kShut}),
      M::move(kEnding, kLost, kClosed, {A::kReport, A::kDestroy}),
      M::move(kEnding, kDeadline, kClosed, {A::kReport, A::kDestroy}),

      M::ignore(kHalf, kDialled),
      M::ignore(kHalf, kWrap),
      M::ignore(kHalf, kSecured),
      M::ignore(kHalf, kMove),
      M::ignore(kHalf, kMoved),
      M::ignore(kHalf, kReturned),
      M::move(kHalf, kData, kHalf, {A::kDeliver}),
      M::move(kHalf, kPeerEnd, kClosed, {A::kTellEnd, A::kReport, A::kDestroy}),
      M::ignore(kHalf, kShut),
      M::move(kHalf, kClose, kClosed, {A::kReport, A::kDestroy}),
      M::ignore(kHalf, kFlushed),
      M::move(kHalf, kLost, kClosed, {A::kReport, A::kDestroy}),
      M::move(kHalf, kDeadline, kClosed, {A::kReport, A::kDestroy}),

      M::ignore(kPeerEnded, kDialled),
      M::ignore(kPeerEnded, kWrap),
      M::ignore(kPeerEnded, kSecured),
      M::ignore(kPeerEnded, kMove),
      M::ignore(kPeerEnded, kMoved),
      M::ignore(kPeerEnded, kReturned),
      M::ignore(kPeerEnded, kData),
      M::ignore(kPeerEnded, kPeerEnd),
      M::move(kPeerEnded, kShut, kLeaving),
      M::move(kPeerEnded, kClose, kLeaving),
      M::ignore(kPeerEnded, kFlushed),
      M::move(kPeerEnded, kLost, kClosed, {A::kReport, A::kDestroy}),
      M::move(kPeerEnded, kDeadline, kClosed, {A::kReport, A::kDestroy}),

      M::ignore(kLeaving, kDialled),
      M::ignore(kLeaving, kWrap),
      M::ignore(kLeaving, kSecured),
      M::ignore(kLeaving, kMove),
      M::ignore(kLeaving, kMoved),
      M::ignore(kLeaving, kReturned),
      M::ignore(kLeaving, kData),
      M::ignore(kLeaving, kPeerEnd),
      M::ignore(kLeaving, kShut),
      M::ignore(kLeaving, kClose),
      M::move(kLeaving, kFlushed, kLingering, {A::kReport, A::kShut}),
      M::move(kLeaving, kLost, kClosed, {A::kReport, A::kDestroy}),
      M::move(kLeaving, kDeadline, kClosed, {A::kReport, A::kDestroy}),

      M::ignore(kLingering, kDialled),
      M::ignore(kLingering, kWrap),
      M::ignore(kLingering, kSecured),
      M::ignore(kLingering, kMove),
      M::ignore(kLingering, kMoved),
      M::ignore(kLingering, kReturned),
      M::ignore(kLingering, kData),
      M::move(kLingering, kPeerEnd, kClosed, {A::kDestroy}),
      M::ignore(kLingering, kShut),
      M::ignore(kLingering, kClose),
      M::ignore(kLingering, kFlushed),
      M::move(kLingering, kLost, kClosed, {A::kDestroy}),
      M::move(kLingering, kDeadline, kClosed, {A::kDestroy}),

      M::ignore(kClosed, kDialled),
      M::ignore(kClosed, kWrap),
      M::ignore(kClosed, kSecured),
      M::ignore(kClosed, kMove),
      M::ignore(kClosed, kMoved),
      M::ignore(kClosed, kReturned),
      M::ignore(kClosed, kData),
      M::ignore(kClosed, kPeerEnd),
      M::ignore(kClosed, kShut),
      M::ignore(kClosed, kClose),
      M::ignore(kClosed, kFlushed),
      M::ignore(kClosed, kLost),
      M::ignore(kClosed, kDeadline),
  });
}();

using ConnectionMachine = host::Machine<kConnectionTable>;

}  // namespace theater::hosts::tcp
