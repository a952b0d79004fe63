// The life of a connection that an actor opens: the table.
//
//   dialling --connected--> upgrading --the server agrees--> open --close by us--> closing
//   open, closing --close by the server, or it broke the protocol--> leaving --all is written-->
//   lingering (the server ends the connection first) --> closed
//   dialling, upgrading, open --lost, and to be made again--> waiting --after a while--> dialling
#pragma once

#include "host/state_machine.h"

namespace theater::hosts::websocket_client {

enum class State : std::uint8_t {
  kDialling,   // name, address, TCP
  kUpgrading,  // TLS, our request, the server's answer
  kOpen,
  kClosing,    // our close frame is queued or sent; the server's is awaited
  kLeaving,    // both are known, or the server cannot be talked with; the last bytes are written
  kLingering,  // only the server's end is awaited
  kWaiting,    // for the time of the next try
  kClosed,
  kCount
};

enum class Input : std::uint8_t {
  kDialled,
  kAnswered,  // the server agrees to the upgrade
  kRetry,     // the wait is over
  kAgain,     // it cannot go on, and the policy says to make it again
  kGone,      // it cannot go on
  kClose,     // by the guest, or by the host: stop, slow
  kMessage,
  kPing,
  kPeerClose,
  kFailed,    // the server broke the protocol or a limit
  kFlushed,   // everything queued is written
  kPeerEnd,   // the server writes nothing more
  kDeadline,  // the time of this state, or of silence, is over
  kCount
};

enum class Action : std::uint8_t {
  kDial,
  kAsk,  // send the upgrade request

  kDeliver,    // the message
  kPong,       // answer the ping
  kSendClose,  // queue a close frame
  kDrop,       // let go of the socket and of what was to be written
  kRetrying,   // report it, wait
  kReport,     // closed, the last event
  kShut,       // write nothing more
  kDestroy,
};

namespace machine_detail {
using M = host::Notation<State, Input, Action>;
using enum State;
using Input::kAgain;
using Input::kAnswered;
using Input::kClose;
using Input::kDeadline;
using Input::kDialled;
using Input::kFailed;
using Input::kFlushed;
using Input::kGone;
using Input::kMessage;
using Input::kPeerClose;
using Input::kPeerEnd;
using Input::kPing;
using Input::kRetry;
}  // namespace machine_detail

inline constexpr auto kConnectionTable = [] consteval {
  using namespace machine_detail;  // NOLINT: the table's own words
  using A = Action;
  return M::table({
      M::move(kDialling, kDialled, kUpgrading, {A::kAsk}),
      M::ignore(kDialling, kAnswered),
      M::ignore(kDialling, kRetry),
      M::move(kDialling, kAgain, kWaiting, {A::kDrop, A::kRetrying}),
      M::move(kDialling, kGone, kClosed, {A::kReport, A::kDestroy}),
      M::move(kDialling, kClose, kClosed, {A::kReport, A::kDestroy}),
      M::ignore(kDialling, kMessage),
      M::ignore(kDialling, kPing),
      M::ignore(kDialling, kPeerClose),
      M::ignore(kDialling, kFailed),
      M::ignore(kDialling, kFlushed),
      M::ignore(kDialling, kPeerEnd),
      M::ignore(kDialling, kDeadline),

      M::ignore(kUpgrading, kDialled),
      M::move(kUpgrading, kAnswered, kOpen),
      M::ignore(kUpgrading, kRetry),
      M::move(kUpgrading, kAgain, kWaiting, {A::kDrop, A::kRetrying}),
      M::move(kUpgrading, kGone, kClosed, {A::kReport, A::kDestroy}),
      M::move(kUpgrading, kClose, kClosed, {A::kReport, A::kDestroy}),
      M::ignore(kUpgrading, kMessage),
      M::ignore(kUpgrading, kPing),
      M::ignore(kUpgrading, kPeerClose),
      M::ignore(kUpgrading, kFailed),
      M::ignore(kUpgrading, kFlushed),
      M::ignore(kUpgrading, kPeerEnd),
      M::ignore(kUpgrading, kDeadline),

      M::ignore(kOpen, kDialled),
      M::ignore(kOpen, kAnswered),
      M::ignore(kOpen, kRetry),
      M::move(kOpen, kAgain, kWaiting, {A::kDrop, A::kRetrying}),
      M::move(kOpen, kGone, kClosed, {A::kReport, A::kDestroy}),
      M::move(kOpen, kClose, kClosing, {A::kSendClose}),
      M::move(kOpen, kMessage, kOpen, {A::kDeliver}),
      M::move(kOpen, kPing, kOpen, {A::kPong}),
      M::move(kOpen, kPeerClose, kLeaving, {A::kSendClose}),
      M::move(kOpen, kFailed, kLeaving, {A::kSendClose}),
      M::ignore(kOpen, kFlushed),
      M::ignore(kOpen, kPeerEnd),
      M::move(kOpen, kDeadline, kClosing, {A::kSendClose}),

      M::ignore(kClosing, kDialled),
      M::ignore(kClosing, kAnswered),
      M::ignore(kClosing, kRetry),
      M::ignore(kClosing, kAgain),
      M::move(kClosing, kGone, kClosed, {A::kReport, A::kDestroy}),
      M::ignore(kClosing, kClose),
      M::ignore(kClosing, kMessage),
      M::ignore(kClosing, kPing),
      M::move(kClosing, kPeerClose, kLeaving),
      M::move(kClosing, kFailed, kLeaving),
      M::ignore(kClosing, kFlushed),
      M::move(kClosing, kPeerEnd, kClosed, {A::kReport, A::kDestroy}),
      M::move(kClosing, kDeadline, kClosed, {A::kReport, A::kDestroy}),

      M::ignore(kLeaving, kDialled),
      M::ignore(kLeaving, kAnswered),
      M::ignore(kLeaving, kRetry),
      M::ignore(kLeaving, kAgain),
      M::move(kLeaving, kGone, kClosed, {A::kReport, A::kDestroy}),
      M::ignore(kLeaving, kClose),
      M::ignore(kLeaving, kMessage),
      M::ignore(kLeaving, kPing),
      M::ignore(kLeaving, kPeerClose),
      M::ignore(kLeaving, kFailed),
      M::move(kLeaving, kFlushed, kLingering, {A::kReport, A::kShut}),
      M::ignore(kLeaving, kPeerEnd),
      M::move(kLeaving, kDeadline, kClosed, {A::kReport, A::kDestroy}),

      M::ignore(kLingering, kDialled),
      M::ignore(kLingering, kAnswered),
      M::ignore(kLingering, kRetry),
      M::ignore(kLingering, kAgain),
      M::move(kLingering, kGone, kClosed, {A::kDestroy}),
      M::ignore(kLingering, kClose),
      M::ignore(kLingering, kMessage),
      M::ignore(kLingering, kPing),
      M::ignore(kLingering, kPeerClose),
      M::ignore(kLingering, kFailed),
      M::ignore(kLingering, kFlushed),
      M::move(kLingering, kPeerEnd, kClosed, {A::kDestroy}),
      M::move(kLingering, kDeadline, kClosed, {A::kDestroy}),

      M::ignore(kWaiting, kDialled),
      M::ignore(kWaiting, kAnswered),
      M::move(kWaiting, kRetry, kDialling, {A::kDial}),
      M::ignore(kWaiting, kAgain),
      M::move(kWaiting, kGone, kClosed, {A::kReport, A::kDestroy}),
      M::move(kWaiting, kClose, kClosed, {A::kReport, A::kDestroy}),
      M::ignore(kWaiting, kMessage),
      M::ignore(kWaiting, kPing),
      M::ignore(kWaiting, kPeerClose),
      M::ignore(kWaiting, kFailed),
      M::ignore(kWaiting, kFlushed),
      M::ignore(kWaiting, kPeerEnd),
      M::ignore(kWaiting, kDeadline),

      M::ignore(kClosed, kDialled),
      M::ignore(kClosed, kAnswered),
      M::ignore(kClosed, kRetry),
      M::ignore(kClosed, kAgain),
      M::ignore(kClosed, kGone),
      M::ignore(kClosed, kClose),
      M::ignore(kClosed, kMessage),
      M::ignore(kClosed, kPing),
      M::ignore(kClosed, kPeerClose),
      M::ignore(kClosed, kFailed),
      M::ignore(kClosed, kFlushed),
      M::ignore(kClosed, kPeerEnd),
      M::ignore(kClosed, kDeadline),
  });
}();

using ConnectionMachine = host::Machine<kConnectionTable>;

}  // namespace theater::hosts::websocket_client
