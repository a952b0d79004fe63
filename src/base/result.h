// Result, Error and TRY: how an operating failure travels, with its context, to whoever can act.
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace theater {

/// The canonical reason of a failure. Callers branch on it; people read `Error::message`.
enum class Code {
  kInvalid,      // the caller's input is malformed
  kNotFound,     // the named thing does not exist
  kConflict,     // the thing exists, is in use, or changed meanwhile
  kDenied,       // the capability was not granted
  kFull,         // a stated bound is reached
  kNoSpace,      // the disk is full
  kQuota,        // what was granted of something shared is used up
  kTooLarge,     // one item is over a stated bound
  kCorrupt,      // stored bytes are not what was written
  kIo,           // the operating system refused
  kDeadline,     // time ran out
  kCancelled,    // somebody asked to stop
  kClosed,       // the other end is gone
  kUnsupported,  // a feature this build refuses on purpose
  kInternal,     // a library answered what it never should
};

/// The lower-case name of a code: "invalid", "not-found", ...
std::string_view code_name(Code code);

/// A failure: a code to branch on and a message that names the thing and, where there is one, the
/// remedy. A value type; context is added on the way up, outermost first.
struct [[nodiscard]] Error {
  Code code = Code::kInternal;
  std::string message;

  /// The same failure seen from further out: "context: message".
  Error in(std::string_view context) const {
    return {code, fmt::format("{}: {}", context, message)};
  }

  bool operator==(const Error&) const = default;
};

/// A value, or why there is none. A class, not a name for std::expected, because that may be
/// ignored: the compiler refuses a call whose Result nobody looks at.
template <typename T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;

  template <std::same_as<Result> Other>
  friend bool operator==(const Result& one, const Other& other) {
    const std::expected<T, Error>&a = one, &b = other;
    return a == b;
  }
};
using Status = Result<void>;

/// Builds the failing side of a Result: `return fail(Code::kInvalid, "name {} is empty", name);`
template <typename... Args>
std::unexpected<Error> fail(Code code, fmt::format_string<Args...> format, Args&&... args) {
  return std::unexpected(Error{code, fmt::format(format, std::forward<Args>(args)...)});
}

/// Passes a failure on, with context.
inline std::unexpected<Error> fail_in(const Error& error, std::string_view context) {
  return std::unexpected(error.in(context));
}

/// A kIo error (kNoSpace for ENOSPC and EDQUOT, kNotFound for ENOENT, kDenied for EACCES and EPERM)
/// from an errno value: "what: strerror".
Error errno_error(std::string_view what, int error_number);

}  // namespace theater

#define THEATER_CONCAT_INNER(a, b) a##b
#define THEATER_CONCAT(a, b) THEATER_CONCAT_INNER(a, b)
#define THEATER_TRY(temporary, declaration, ...)          \
  auto temporary = (__VA_ARGS__);                         \
  if (!temporary) [[unlikely]]                            \
    return std::unexpected(std::move(temporary.error())); \
  declaration = *std::move(temporary)

/// `TRY(auto x, f());` binds the value of a Result or returns its error.
#define TRY(declaration, ...) \
  THEATER_TRY(THEATER_CONCAT(try_result_, __COUNTER__), declaration, __VA_ARGS__)

/// `TRY_OK(f());` returns the error of a Status (or of a Result whose value is not wanted).
#define TRY_OK(...)                                                \
  do {                                                             \
    if (auto try_status = (__VA_ARGS__); !try_status) [[unlikely]] \
      return std::unexpected(std::move(try_status.error()));       \
  } while (false)
