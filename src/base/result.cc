// Names of codes and errors from errno.
#include "base/result.h"

#include <cerrno>
#include <cstring>

namespace theater {

std::string_view code_name(Code code) {
  switch (code) {
    case Code::kInvalid:
      return "invalid";
    case Code::kNotFound:
      return "not-found";
    case Code::kConflict:
      return "conflict";
    case Code::kDenied:
      return "denied";
    case Code::kFull:
      return "full";
    case Code::kNoSpace:
      return "no-space";
    case Code::kQuota:
      return "quota";
    case Code::kTooLarge:
      return "too-large";
    case Code::kCorrupt:
      return "corrupt";
    case Code::kIo:
      return "io";
    case Code::kDeadline:
      return "deadline";
    case Code::kCancelled:
      return "cancelled";
    case Code::kClosed:
      return "closed";
    case Code::kUnsupported:
      return "unsupported";
    case Code::kInternal:
      return "internal";
  }
  return "unknown";
}

namespace {
Code code_of_errno(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return Code::kNoSpace;
    case ENOENT:
      return Code::kNotFound;
    case EACCES:
    case EPERM:
      return Code::kDenied;
    default:
      return Code::kIo;
  }
}
}  // namespace

Error errno_error(std::string_view what, int error_number) {
  return {code_of_errno(error_number), fmt::format("{}: {}", what, std::strerror(error_number))};
}

}  // namespace theater
