// The words of a connection's life: see machine.h.
#pragma once

#include <cstdint>

namespace theater::hosts::http_server {

enum class State : std::uint8_t {
  kIdle,       // between requests; the next head may be arriving
  kReading,    // the body
  kQueued,     // its event waits for the actor
  kHandling,   // the actor has it
  kParked,     // answered "later"
  kStreaming,  // the response goes on
  kWriting,    // the last bytes of the response
  kLingering,  // only the peer's end is awaited
  kClosed,
  kCount
};

enum class Input : std::uint8_t {
  kAsk,          // a request whose body has to be read first
  kReady,        // a request the actor may have
  kRefuse,       // the host answers instead
  kTaken,        // the actor has taken the event
  kRespond,      // a whole response
  kPark,         // answered "later"
  kStream,       // a response that goes on
  kFinish,       // it ends
  kFlushedKeep,  // all is written, and the connection stays
  kFlushedLast,  // all is written, and it does not
  kPeerEnd,      // the peer writes nothing more
  kBroken,       // the connection broke
  kDeadline,     // the time of this state is over
  kEject,        // the actor stops
  kCount
};

enum class Action : std::uint8_t {
  kDeliver,        // the request
  kWriteRefusal,   // the host's own answer
  kWriteResponse,  // the guest's
  kWriteNothing,   // 204: nobody responded in time
  kWriteHead,      // of a stream
  kWriteEnd,       // of a stream
  kReport,         // the request is over
  kShut,           // write nothing more
  kDestroy,
};

}  // namespace theater::hosts::http_server
