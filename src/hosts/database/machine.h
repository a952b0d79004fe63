// The life of a session: one connection to a database.
#pragma once

#include <cstdint>

#include "host/state_machine.h"

namespace theater::hosts::database {

enum class SessionState : std::uint8_t {
  kClosed,      // first and last
  kResolving,   // the host's name
  kConnecting,  // or the file is being opened
  kIdle,        // clean, nothing to do
  kBusy,        // at work for at least one operation
  kListening,   // kept for notifications
  kDraining,    // at work that nobody wants any more
  kCount
};

enum class SessionInput : std::uint8_t {
  kOpen,
  kResolved,
  kConnected,
  kRun,     // work is given to it
  kListen,  // it is to receive notifications
  kAbort,   // nobody wants its work any more
  kFreed,   // its work has ended; it is clean
  kFail,    // it could not be made, or broke
  kClose,   // it is not wanted any more
  kCount
};

enum class SessionAction : std::uint8_t {
  kStart,    // make the connection
  kServe,    // it can take work
  kLose,     // what it was to do or was doing has failed
  kRelease,  // let go of the connection
};

namespace session_detail {
using M = host::Notation<SessionState, SessionInput, SessionAction>;
using S = SessionState;
using I = SessionInput;
using A = SessionAction;
}  // namespace session_detail

inline constexpr auto kSessionTable = [] consteval {
  using namespace session_detail;  // NOLINT: the table's own words
  return M::table({
      M::move(S::kClosed, I::kOpen, S::kResolving, {A::kStart}),
      M::ignore(S::kClosed, I::kResolved),
      M::ignore(S::kClosed, I::kConnected),
      M::ignore(S::kClosed, I::kRun),
      M::ignore(S::kClosed, I::kListen),
      M::ignore(S::kClosed, I::kAbort),
      M::ignore(S::kClosed, I::kFreed),
      M::ignore(S::kClosed, I::kFail),
      M::ignore(S::kClosed, I::kClose),

      M::ignore(S::kResolving, I::kOpen),
      M::move(S::kResolving, I::kResolved, S::kConnecting),
      M::move(S::kResolving, I::kConnected, S::kIdle, {A::kServe}),  // nothing to resolve
      M::ignore(S::kResolving, I::kRun),
      M::ignore(S::kResolving, I::kListen),
      M::ignore(S::kResolving, I::kAbort),
      M::ignore(S::kResolving, I::kFreed),
      M::move(S::kResolving, I::kFail, S::kClosed, {A::kRelease, A::kLose}),
      M::move(S::kResolving, I::kClose, S::kClosed, {A::kRelease}),

      M::ignore(S::kConnecting, I::kOpen),
      M::ignore(S::kConnecting, I::kResolved),
      M::move(S::kConnecting, I::kConnected, S::kIdle, {A::kServe}),
      M::ignore(S::kConnecting, I::kRun),
      M::ignore(S::kConnecting, I::kListen),
      M::ignore(S::kConnecting, I::kAbort),
      M::ignore(S::kConnecting, I::kFreed),
      M::move(S::kConnecting, I::kFail, S::kClosed, {A::kRelease, A::kLose}),
      M::move(S::kConnecting, I::kClose, S::kClosed, {A::kRelease}),

      M::ignore(S::kIdle, I::kOpen),
      M::ignore(S::kIdle, I::kResolved),
      M::ignore(S::kIdle, I::kConnected),
      M::move(S::kIdle, I::kRun, S::kBusy),
      M::move(S::kIdle, I::kListen, S::kListening),
      M::ignore(S::kIdle, I::kAbort),
      M::ignore(S::kIdle, I::kFreed),
      M::move(S::kIdle, I::kFail, S::kClosed, {A::kRelease}),
      M::move(S::kIdle, I::kClose, S::kClosed, {A::kRelease}),

      M::ignore(S::kBusy, I::kOpen),
      M::ignore(S::kBusy, I::kResolved),
      M::ignore(S::kBusy, I::kConnected),
      M::ignore(S::kBusy, I::kRun),
      M::ignore(S::kBusy, I::kListen),
      M::move(S::kBusy, I::kAbort, S::kDraining),
      M::move(S::kBusy, I::kFreed, S::kIdle, {A::kServe}),
      M::move(S::kBusy, I::kFail, S::kClosed, {A::kRelease, A::kLose}),
      M::move(S::kBusy, I::kClose, S::kClosed, {A::kRelease, A::kLose}),

      M::ignore(S::kListening, I::kOpen),
      M::ignore(S::kListening, I::kResolved),
      M::ignore(S::kListening, I::kConnected),
      M::ignore(S::kListening, I::kRun),
      M::ignore(S::kListening, I::kListen),
      M::ignore(S::kListening, I::kAbort),
      M::ignore(S::kListening, I::kFreed),
      M::move(S::kListening, I::kFail, S::kClosed, {A::kRelease, A::kLose}),
      M::move(S::kListening, I::kClose, S::kClosed, {A::kRelease}),

      M::ignore(S::kDraining, I::kOpen),
      M::ignore(S::kDraining, I::kResolved),
      M::ignore(S::kDraining, I::kConnected),
      M::ignore(S::kDraining, I::kRun),
      M::ignore(S::kDraining, I::kListen),
      M::ignore(S::kDraining, I::kAbort),
      M::move(S::kDraining, I::kFreed, S::kIdle, {A::kServe}),
      M::move(S::kDraining, I::kFail, S::kClosed, {A::kRelease}),
      M::move(S::kDraining, I::kClose, S::kClosed, {A::kRelease}),
  });
}();

}  // namespace theater::hosts::database
