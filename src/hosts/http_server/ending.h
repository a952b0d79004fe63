// Ending: how a request ends that its guest has not ended, and what the guest is told of it.
#pragma once

#include <cstdint>
#include <string_view>

#include "host/wit_types.h"

namespace theater::hosts::http_server {

enum class Ending : std::uint8_t {
  kGone,         // the client
  kBroken,       // the client broke the protocol
  kLate,         // nobody responded in time
  kSlow,         // the client took too little of the answer, and was cut off
  kTurnedAway,   // 503: too many are parked or streamed
  kUnsendable,   // 500: the answer is none of HTTP
  kInterrupted,  // the node stopped
};

inline host::GuestError error_of(Ending ending) {
  using host::GuestCode;
  switch (ending) {
    case Ending::kGone:
      return {GuestCode::kClosed, "", "the client has gone", std::nullopt};
    case Ending::kBroken:
      return {GuestCode::kProtocol, "", "the client broke the protocol", std::nullopt};
    case Ending::kLate:
      return {GuestCode::kDeadline, "", "nobody responded in time", std::nullopt};
    case Ending::kSlow:
      return {GuestCode::kFull, "", "the client took too little", std::nullopt};
    case Ending::kTurnedAway:
      return {GuestCode::kFull, "", "too many requests are parked or streamed", std::nullopt};
    case Ending::kUnsendable:
      return {GuestCode::kInvalid, "", "the answer could not be sent", std::nullopt};
    case Ending::kInterrupted:
      break;
  }
  return {GuestCode::kInterrupted, "", "the node stopped before the request was answered",
          std::nullopt};
}

}  // namespace theater::hosts::http_server
