// The life of one exchange, a request and its response: the table.
//
//   connecting --a connection--> sending --all is sent--> waiting --the head--> receiving <->
//   paused any --done, late, cancelled--> ended
//
// Each state but paused has a time in which something must happen.
#pragma once

#include "host/state_machine.h"

namespace theater::hosts::http_client {

enum class State : std::uint8_t {
  kConnecting,  // name, address, TCP, TLS; or until a kept connection is free
  kSending,
  kWaiting,    // for the first byte of the response
  kReceiving,  // its body
  kPaused,     // the actor takes no more for now; nothing is read
  kEnded,
  kCount
};

enum class Input : std::uint8_t {
  kConnected,  // to an address that is permitted; again if a kept connection turned out dead
  kSent,       // the whole request
  kHead,
  kBody,    // a piece was taken
  kFull,    // a piece was not taken
  kRoom,    // it would be now
  kDone,    // well or badly
  kLate,    // the time of this state is over
  kCancel,  // nobody wants it any more
  kCount
};

enum class Action : std::uint8_t {
  kWatch,    // the state's time begins
  kUnwatch,  // no time runs
  kResume,   // read again
  kReport,   // its end
};

namespace machine_detail {
using M = host::Notation<State, Input, Action>;
using enum State;
using Input::kBody;
using Input::kCancel;
using Input::kConnected;
using Input::kDone;
using Input::kFull;
using Input::kHead;
using Input::kLate;
using Input::kRoom;
using Input::kSent;
}  // namespace machine_detail

inline constexpr auto kExchangeTable = [] consteval {
  using namespace machine_detail;  // NOLINT: the table's own words
  using A = Action;
  return M::table({
      M::move(kConnecting, kConnected, kSending, {A::kWatch}),
      M::ignore(kConnecting, kSent),
      M::ignore(kConnecting, kHead),
      M::ignore(kConnecting, kBody),
      M::ignore(kConnecting, kFull),
      M::ignore(kConnecting, kRoom),
      M::move(kConnecting, kDone, kEnded, {A::kUnwatch, A::kReport}),
      M::move(kConnecting, kLate, kEnded, {A::kUnwatch, A::kReport}),
      M::move(kConnecting, kCancel, kEnded, {A::kUnwatch}),

      M::move(kSending, kConnected, kSending, {A::kWatch}),
      M::move(kSending, kSent, kWaiting, {A::kWatch}),
      M::move(kSending, kHead, kReceiving, {A::kWatch}),
      M::ignore(kSending, kBody),
      M::ignore(kSending, kFull),
      M::ignore(kSending, kRoom),
      M::move(kSending, kDone, kEnded, {A::kUnwatch, A::kReport}),
      M::move(kSending, kLate, kEnded, {A::kUnwatch, A::kReport}),
      M::move(kSending, kCancel, kEnded, {A::kUnwatch}),

      M::move(kWaiting, kConnected, kSending, {A::kWatch}),
      M::ignore(kWaiting, kSent),
      M::move(kWaiting, kHead, kReceiving, {A::kWatch}),
      M::ignore(kWaiting, kBody),
      M::ignore(kWaiting, kFull),
      M::ignore(kWaiting, kRoom),
      M::move(kWaiting, kDone, kEnded, {A::kUnwatch, A::kReport}),
      M::move(kWaiting, kLate, kEnded, {A::kUnwatch, A::kReport}),
      M::move(kWaiting, kCancel, kEnded, {A::kUnwatch}),

      M::ignore(kReceiving, kConnected),
      M::ignore(kReceiving, kSent),
      M::ignore(kReceiving, kHead),
      M::move(kReceiving, kBody, kReceiving, {A::kWatch}),
      M::move(kReceiving, kFull, kPaused, {A::kUnwatch}),
      M::ignore(kReceiving, kRoom),
      M::move(kReceiving, kDone, kEnded, {A::kUnwatch, A::kReport}),
      M::move(kReceiving, kLate, kEnded, {A::kUnwatch, A::kReport}),
      M::move(kReceiving, kCancel, kEnded, {A::kUnwatch}),

      M::ignore(kPaused, kConnected),
      M::ignore(kPaused, kSent),
      M::ignore(kPaused, kHead),
      M::move(kPaused, kBody, kReceiving, {A::kWatch}),
      M::ignore(kPaused, kFull),
      M::move(kPaused, kRoom, kReceiving, {A::kWatch, A::kResume}),
      M::move(kPaused, kDone, kEnded, {A::kUnwatch, A::kReport}),
      M::ignore(kPaused, kLate),
      M::move(kPaused, kCancel, kEnded, {A::kUnwatch}),

      M::ignore(kEnded, kConnected),
      M::ignore(kEnded, kSent),
      M::ignore(kEnded, kHead),
      M::ignore(kEnded, kBody),
      M::ignore(kEnded, kFull),
      M::ignore(kEnded, kRoom),
      M::ignore(kEnded, kDone),
      M::ignore(kEnded, kLate),
      M::ignore(kEnded, kCancel),
  });
}();

using ExchangeMachine = host::Machine<kExchangeTable>;

}  // namespace theater::hosts::http_client
