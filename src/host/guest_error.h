// guest_error: what a guest is told of a failure of ours.
#pragma once

#include "host/wit_types.h"

namespace theater::host {

/// The code a guest decides by.
constexpr GuestCode guest_code(Code code) {
  switch (code) {
    case Code::kInvalid:
      return GuestCode::kInvalid;
    case Code::kNotFound:
      return GuestCode::kNotFound;
    case Code::kConflict:
      return GuestCode::kConflict;
    case Code::kDenied:
      return GuestCode::kDenied;
    case Code::kFull:
    case Code::kNoSpace:
    case Code::kQuota:
      return GuestCode::kFull;
    case Code::kTooLarge:
      return GuestCode::kTooLarge;
    case Code::kDeadline:
      return GuestCode::kDeadline;
    case Code::kCancelled:
      return GuestCode::kCancelled;
    case Code::kClosed:
      return GuestCode::kClosed;
    case Code::kUnsupported:
      return GuestCode::kUnsupported;
    case Code::kCorrupt:
    case Code::kIo:
      return GuestCode::kIo;
    default:
      return GuestCode::kInternal;
  }
}

/// The same failure, its message for people.
inline GuestError guest_error(const Error& error) {
  return {guest_code(error.code), "", error.message, std::nullopt};
}

}  // namespace theater::host
