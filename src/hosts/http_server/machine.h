// The life of a connection, one request after another: the table.
//
//   idle --a request--> reading its body --> queued --the actor takes it--> handling
//   handling --answered--> writing; --later--> parked --responded--> writing
//   handling --streamed--> streaming --finished--> writing
//   writing --all is written--> idle, or lingering (nothing more is written; the peer's end is
//   awaited, so that no reset overtakes the last bytes) --> closed
#pragma once

#include "host/state_machine.h"
#include "hosts/http_server/states.h"

namespace theater::hosts::http_server {

namespace machine_detail {
using M = host::Notation<State, Input, Action>;
using enum State;
using Input::kAsk;
using Input::kBroken;
using Input::kDeadline;
using Input::kEject;
using Input::kFinish;
using Input::kFlushedKeep;
using Input::kFlushedLast;
using Input::kPark;
using Input::kPeerEnd;
using Input::kReady;
using Input::kRefuse;
using Input::kRespond;
using Input::kStream;
using Input::kTaken;
}  // namespace machine_detail

inline constexpr auto kConnectionTable = [] consteval {
  using namespace machine_detail;  // NOLINT: the table's own words
  using A = Action;
  return M::table({
      M::move(kIdle, kAsk, kReading),
      M::move(kIdle, kReady, kQueued, {A::kDeliver}),
      M::move(kIdle, kRefuse, kWriting, {A::kWriteRefusal}),
      M::ignore(kIdle, kTaken),
      M::ignore(kIdle, kRespond),
      M::ignore(kIdle, kPark),
      M::ignore(kIdle, kStream),
      M::ignore(kIdle, kFinish),
      M::ignore(kIdle, kFlushedKeep),
      M::ignore(kIdle, kFlushedLast),
      M::move(kIdle, kPeerEnd, kClosed, {A::kDestroy}),
      M::move(kIdle, kBroken, kClosed, {A::kDestroy}),
      M::move(kIdle, kDeadline, kLingering, {A::kShut}),
      M::move(kIdle, kEject, kLingering, {A::kShut}),

      M::ignore(kReading, kAsk),
      M::move(kReading, kReady, kQueued, {A::kDeliver}),
      M::move(kReading, kRefuse, kWriting, {A::kWriteRefusal}),
      M::ignore(kReading, kTaken),
      M::ignore(kReading, kRespond),
      M::ignore(kReading, kPark),
      M::ignore(kReading, kStream),
      M::ignore(kReading, kFinish),
      M::ignore(kReading, kFlushedKeep),
      M::ignore(kReading, kFlushedLast),
      M::move(kReading, kPeerEnd, kClosed, {A::kReport, A::kDestroy}),
      M::move(kReading, kBroken, kClosed, {A::kReport, A::kDestroy}),
      M::move(kReading, kDeadline, kWriting, {A::kWriteRefusal}),
      M::move(kReading, kEject, kWriting, {A::kWriteRefusal}),

      M::ignore(kQueued, kAsk),
      M::ignore(kQueued, kReady),
      M::move(kQueued, kRefuse, kWriting, {A::kWriteRefusal}),
      M::move(kQueued, kTaken, kHandling),
      M::move(kQueued, kRespond, kWriting, {A::kWriteResponse}),
      M::ignore(kQueued, kPark),
      M::ignore(kQueued, kStream),
      M::ignore(kQueued, kFinish),
      M::ignore(kQueued, kFlushedKeep),
      M::ignore(kQueued, kFlushedLast),
      M::move(kQueued, kPeerEnd, kQueued),
      M::move(kQueued, kBroken, kClosed, {A::kReport, A::kDestroy}),
      M::move(kQueued, kDeadline, kWriting, {A::kReport, A::kWriteRefusal}),
      M::move(kQueued, kEject, kQueued),

      M::ignore(kHandling, kAsk),
      M::ignore(kHandling, kReady),
      M::move(kHandling, kRefuse, kWriting, {A::kWriteRefusal}),
      M::ignore(kHandling, kTaken),
      M::move(kHandling, kRespond, kWriting, {A::kWriteResponse}),
      M::move(kHandling, kPark, kParked),
      M::move(kHandling, kStream, kStreaming, {A::kWriteHead}),
      M::ignore(kHandling, kFinish),
      M::ignore(kHandling, kFlushedKeep),
      M::ignore(kHandling, kFlushedLast),
      M::move(kHandling, kPeerEnd, kHandling),
      M::move(kHandling, kBroken, kClosed, {A::kReport, A::kDestroy}),
      M::move(kHandling, kDeadline, kWriting, {A::kReport, A::kWriteRefusal}),
      M::move(kHandling, kEject, kHandling),

      M::ignore(kParked, kAsk),
      M::ignore(kParked, kReady),
      M::move(kParked, kRefuse, kWriting, {A::kWriteRefusal}),
      M::ignore(kParked, kTaken),
      M::move(kParked, kRespond, kWriting, {A::kWriteResponse}),
      M::ignore(kParked, kPark),
      M::ignore(kParked, kStream),
      M::ignore(kParked, kFinish),
      M::ignore(kParked, kFlushedKeep),
      M::ignore(kParked, kFlushedLast),
      M::move(kParked, kPeerEnd, kClosed, {A::kReport, A::kDestroy}),
      M::move(kParked, kBroken, kClosed, {A::kReport, A::kDestroy}),
      M::move(kParked, kDeadline, kWriting, {A::kReport, A::kWriteNothing}),
      M::move(kParked, kEject, kWriting, {A::kWriteRefusal}),

      M::ignore(kStreaming, kAsk),
      M::ignore(kStreaming, kReady),
      M::ignore(kStreaming, kRefuse),
      M::ignore(kStreaming, kTaken),
      M::ignore(kStreaming, kRespond),
      M::ignore(kStreaming, kPark),
      M::ignore(kStreaming, kStream),
      M::move(kStreaming, kFinish, kWriting, {A::kWriteEnd}),
      M::ignore(kStreaming, kFlushedKeep),
      M::ignore(kStreaming, kFlushedLast),
      M::move(kStreaming, kPeerEnd, kClosed, {A::kReport, A::kDestroy}),
      M::move(kStreaming, kBroken, kClosed, {A::kReport, A::kDestroy}),
      M::move(kStreaming, kDeadline, kClosed, {A::kReport, A::kDestroy}),
      M::move(kStreaming, kEject, kWriting, {A::kWriteEnd}),

      M::ignore(kWriting, kAsk),
      M::ignore(kWriting, kReady),
      M::ignore(kWriting, kRefuse),
      M::ignore(kWriting, kTaken),
      M::ignore(kWriting, kRespond),
      M::ignore(kWriting, kPark),
      M::ignore(kWriting, kStream),
      M::ignore(kWriting, kFinish),
      M::move(kWriting, kFlushedKeep, kIdle, {A::kReport}),
      M::move(kWriting, kFlushedLast, kLingering, {A::kReport, A::kShut}),
      M::move(kWriting, kPeerEnd, kWriting),
      M::move(kWriting, kBroken, kClosed, {A::kReport, A::kDestroy}),
      M::move(kWriting, kDeadline, kClosed, {A::kReport, A::kDestroy}),
      M::move(kWriting, kEject, kWriting),

      M::ignore(kLingering, kAsk),
      M::ignore(kLingering, kReady),
      M::ignore(kLingering, kRefuse),
      M::ignore(kLingering, kTaken),
      M::ignore(kLingering, kRespond),
      M::ignore(kLingering, kPark),
      M::ignore(kLingering, kStream),
      M::ignore(kLingering, kFinish),
      M::ignore(kLingering, kFlushedKeep),
      M::ignore(kLingering, kFlushedLast),
      M::move(kLingering, kPeerEnd, kClosed, {A::kDestroy}),
      M::move(kLingering, kBroken, kClosed, {A::kDestroy}),
      M::move(kLingering, kDeadline, kClosed, {A::kDestroy}),
      M::ignore(kLingering, kEject),

      M::ignore(kClosed, kAsk),
      M::ignore(kClosed, kReady),
      M::ignore(kClosed, kRefuse),
      M::ignore(kClosed, kTaken),
      M::ignore(kClosed, kRespond),
      M::ignore(kClosed, kPark),
      M::ignore(kClosed, kStream),
      M::ignore(kClosed, kFinish),
      M::ignore(kClosed, kFlushedKeep),
      M::ignore(kClosed, kFlushedLast),
      M::ignore(kClosed, kPeerEnd),
      M::ignore(kClosed, kBroken),
      M::ignore(kClosed, kDeadline),
      M::ignore(kClosed, kEject),
  });
}();

using ConnectionMachine = host::Machine<kConnectionTable>;

}  // namespace theater::hosts::http_server
