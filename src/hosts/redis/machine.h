// The life of a connection to a Redis server: the table.
//
//   dialling --a stream--> greeting (TLS, password, database) --the server agrees--> open
//   each --it broke, or took too long, or nobody needs it--> closed
#pragma once

#include "host/state_machine.h"

namespace theater::hosts::redis {

enum class LinkState : std::uint8_t { kDialling, kGreeting, kOpen, kClosed, kCount };

enum class LinkInput : std::uint8_t {
  kDialled,
  kWelcome,  // the last answer to the greeting, or none was needed
  kReply,    // an answer to somebody's command, or something published
  kLost,     // it broke, the server refused, time is over
  kCount
};

enum class LinkAction : std::uint8_t {
  kGreet,
  kTellOpen,
  kTellReply,
  kTellLost,  // the last word
};

namespace machine_detail {
using M = host::Notation<LinkState, LinkInput, LinkAction>;
using S = LinkState;
using I = LinkInput;
using A = LinkAction;
}  // namespace machine_detail

inline constexpr auto kLinkTable = [] consteval {
  using namespace machine_detail;  // NOLINT: the table's own words
  return M::table({
      M::move(S::kDialling, I::kDialled, S::kGreeting, {A::kGreet}),
      M::ignore(S::kDialling, I::kWelcome),
      M::ignore(S::kDialling, I::kReply),
      M::move(S::kDialling, I::kLost, S::kClosed, {A::kTellLost}),

      M::ignore(S::kGreeting, I::kDialled),
      M::move(S::kGreeting, I::kWelcome, S::kOpen, {A::kTellOpen}),
      M::ignore(S::kGreeting, I::kReply),
      M::move(S::kGreeting, I::kLost, S::kClosed, {A::kTellLost}),

      M::ignore(S::kOpen, I::kDialled),
      M::ignore(S::kOpen, I::kWelcome),
      M::move(S::kOpen, I::kReply, S::kOpen, {A::kTellReply}),
      M::move(S::kOpen, I::kLost, S::kClosed, {A::kTellLost}),

      M::ignore(S::kClosed, I::kDialled),
      M::ignore(S::kClosed, I::kWelcome),
      M::ignore(S::kClosed, I::kReply),
      M::ignore(S::kClosed, I::kLost),
  });
}();

using LinkMachine = host::Machine<kLinkTable>;

}  // namespace theater::hosts::redis
