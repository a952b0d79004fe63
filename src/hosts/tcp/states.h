// The words of the table in machine.h: states, inputs, actions of a TCP connection.
#pragma once

#include <cstdint>

namespace theater::hosts::tcp {

enum class State : std::uint8_t {
  kDialling,  // name, address, TCP
  kOpen,
  kSecuring,   // the handshake of TLS
  kMoving,     // the socket is on its way to another actor
  kEnding,     // our last bytes are being written; the peer may write
  kHalf,       // we write no more, the peer may
  kPeerEnded,  // the peer writes no more, we may
  kLeaving,    // the last bytes are being written; nothing more is wanted
  kLingering,  // only the peer's end is awaited
  kClosed,
  kCount
};

enum class Input : std::uint8_t {
  kDialled,
  kWrap,  // TLS was ordered and everything before it is written
  kSecured,
  kMove,      // a transfer was ordered and everything before it is written
  kMoved,     // it is another actor's
  kReturned,  // it is not: the socket is back
  kData,
  kPeerEnd,
  kShut,     // the guest writes no more
  kClose,    // the guest, or the host, wants it closed
  kFlushed,  // everything queued is written
  kLost,     // it cannot go on
  kDeadline,
  kCount
};

enum class Action : std::uint8_t {
  kTellOpened,
  kWrap,
  kTellSecured,
  kMove,
  kDeliver,
  kTellEnd,
  kShut,    // write nothing more
  kReport,  // closed, the last event
  kDestroy,
};

}  // namespace theater::hosts::tcp
