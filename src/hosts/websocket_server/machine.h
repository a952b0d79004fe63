// The life of a connection after its upgrade request: the table.
//
//   opening --accept--> open --close by us--> closing --close by the peer--> leaving
//   open --close by the peer, or the peer broke the protocol--> leaving
//   leaving --all is written--> lingering (nothing more is written; the peer's end is awaited, so
//   that no reset overtakes the last bytes) --> closed
#pragma once

#include "host/state_machine.h"

namespace theater::hosts::websocket_server {

enum class State : std::uint8_t {
  kOpening,  // the guest is asked
  kOpen,
  kClosing,    // our close frame is queued or sent; the peer's is awaited
  kLeaving,    // both are known, or the peer cannot be talked with; the last bytes are written
  kLingering,  // only the peer's end is awaited
  kClosed,
  kCount
};

enum class Input : std::uint8_t {
  kAccept,      // by the guest, or automatic
  kGuestClose,  // the guest closes; while opening: rejects
  kEject,       // the host closes: stop, slow, idle
  kMessage,
  kPing,
  kPong,
  kPeerClose,
  kFailed,    // the peer broke the protocol or a limit
  kFlushed,   // everything queued is written
  kPeerEnd,   // the peer writes nothing more
  kBroken,    // the connection broke
  kDeadline,  // the time of this state is over
  kCount
};

enum class Action : std::uint8_t {
  kSwitch,     // answer 101, report opened
  kReject,     // answer with an HTTP error
  kDeliver,    // the message
  kPong,       // answer the ping
  kSendClose,  // queue a close frame
  kReport,     // closed, the last event
  kShut,       // write nothing more
  kDestroy,
};

namespace machine_detail {
using M = host::Notation<State, Input, Action>;
using enum State;
using Input::kAccept;
using Input::kBroken;
using Input::kDeadline;
using Input::kEject;
using Input::kFailed;
using Input::kFlushed;
using Input::kGuestClose;
using Input::kMessage;
using Input::kPeerClose;
using Input::kPeerEnd;
using Input::kPing;
using Input::kPong;
}  // namespace machine_detail

inline constexpr auto kConnectionTable = [] consteval {
  using namespace machine_detail;  // NOLINT: the table's own words
  using A = Action;
  return M::table({
      M::move(kOpening, kAccept, kOpen, {A::kSwitch}),
      M::move(kOpening, kGuestClose, kLeaving, {A::kReject}),
      M::move(kOpening, kEject, kLeaving, {A::kReject}),
      M::ignore(kOpening, kMessage),  // nothing is decoded before the answer
      M::ignore(kOpening, kPing),
      M::ignore(kOpening, kPong),
      M::ignore(kOpening, kPeerClose),
      M::ignore(kOpening, kFailed),
      M::ignore(kOpening, kFlushed),
      M::move(kOpening, kPeerEnd, kClosed, {A::kReport, A::kDestroy}),
      M::move(kOpening, kBroken, kClosed, {A::kReport, A::kDestroy}),
      M::move(kOpening, kDeadline, kLeaving, {A::kReject}),

      M::ignore(kOpen, kAccept),
      M::move(kOpen, kGuestClose, kClosing, {A::kSendClose}),
      M::move(kOpen, kEject, kClosing, {A::kSendClose}),
      M::move(kOpen, kMessage, kOpen, {A::kDeliver}),
      M::move(kOpen, kPing, kOpen, {A::kPong}),
      M::move(kOpen, kPong, kOpen),
      M::move(kOpen, kPeerClose, kLeaving, {A::kSendClose}),
      M::move(kOpen, kFailed, kLeaving, {A::kSendClose}),
      M::ignore(kOpen, kFlushed),
      M::move(kOpen, kPeerEnd, kClosed, {A::kReport, A::kDestroy}),
      M::move(kOpen, kBroken, kClosed, {A::kReport, A::kDestroy}),
      M::move(kOpen, kDeadline, kClosing, {A::kSendClose}),

      M::ignore(kClosing, kAccept),
      M::ignore(kClosing, kGuestClose),
      M::ignore(kClosing, kEject),
      M::ignore(kClosing, kMessage),
      M::ignore(kClosing, kPing),
      M::ignore(kClosing, kPong),
      M::move(kClosing, kPeerClose, kLeaving),
      M::move(kClosing, kFailed, kLeaving),
      M::ignore(kClosing, kFlushed),
      M::move(kClosing, kPeerEnd, kClosed, {A::kReport, A::kDestroy}),
      M::move(kClosing, kBroken, kClosed, {A::kReport, A::kDestroy}),
      M::move(kClosing, kDeadline, kClosed, {A::kReport, A::kDestroy}),

      M::ignore(kLeaving, kAccept),
      M::ignore(kLeaving, kGuestClose),
      M::ignore(kLeaving, kEject),
      M::ignore(kLeaving, kMessage),
      M::ignore(kLeaving, kPing),
      M::ignore(kLeaving, kPong),
      M::ignore(kLeaving, kPeerClose),
      M::ignore(kLeaving, kFailed),
      M::move(kLeaving, kFlushed, kLingering, {A::kReport, A::kShut}),
      M::ignore(kLeaving, kPeerEnd),  // it may still read what is being written
      M::move(kLeaving, kBroken, kClosed, {A::kReport, A::kDestroy}),
      M::move(kLeaving, kDeadline, kClosed, {A::kReport, A::kDestroy}),

      M::ignore(kLingering, kAccept),
      M::ignore(kLingering, kGuestClose),
      M::ignore(kLingering, kEject),
      M::ignore(kLingering, kMessage),
      M::ignore(kLingering, kPing),
      M::ignore(kLingering, kPong),
      M::ignore(kLingering, kPeerClose),
      M::ignore(kLingering, kFailed),
      M::ignore(kLingering, kFlushed),
      M::move(kLingering, kPeerEnd, kClosed, {A::kDestroy}),
      M::move(kLingering, kBroken, kClosed, {A::kDestroy}),
      M::move(kLingering, kDeadline, kClosed, {A::kDestroy}),

      M::ignore(kClosed, kAccept),
      M::ignore(kClosed, kGuestClose),
      M::ignore(kClosed, kEject),
      M::ignore(kClosed, kMessage),
      M::ignore(kClosed, kPing),
      M::ignore(kClosed, kPong),
      M::ignore(kClosed, kPeerClose),
      M::ignore(kClosed, kFailed),
      M::ignore(kClosed, kFlushed),
      M::ignore(kClosed, kPeerEnd),
      M::ignore(kClosed, kBroken),
      M::ignore(kClosed, kDeadline),
  });
}();

using ConnectionMachine = host::Machine<kConnectionTable>;

}  // namespace theater::hosts::websocket_server
