// The types every family's WIT shares (wit/types.wit), as C++ values.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "wasm/codec.h"

namespace theater::host {

/// Why something did not happen, as a guest sees it. In the order of the WIT enum `code`.
enum class GuestCode : std::uint8_t {
  kDenied,
  kInvalid,
  kNotFound,
  kConflict,
  kClosed,
  kFull,
  kBusy,
  kTooLarge,
  kDeadline,
  kCancelled,
  kInterrupted,
  kWouldDeadlock,
  kUnsupported,
  kUnreachable,
  kProtocol,
  kTls,
  kIo,
  kRemote,
  kInternal,
};

/// The WIT record `error`.
struct GuestError {
  GuestCode code = GuestCode::kInternal;
  std::string detail;   // what a library reported; may be empty
  std::string message;  // one sentence; names the resource and the limit
  std::optional<std::uint32_t> retry_ms;

  bool operator==(const GuestError&) const = default;
  static constexpr auto wit_members() {
    return std::tuple{wasm::field("code", &GuestError::code),
                      wasm::field("detail", &GuestError::detail),
                      wasm::field("message", &GuestError::message),
                      wasm::field("retry-ms", &GuestError::retry_ms)};
  }
};

using Outcome = std::expected<void, GuestError>;
using Data = std::expected<Bytes, GuestError>;
using Started = std::expected<std::uint64_t, GuestError>;
using Headers = std::vector<std::tuple<std::string, Bytes>>;

/// The failing side: `return refuse(GuestCode::kFull, "timers_max is {}", n);`
template <typename... Args>
std::unexpected<GuestError> refuse(GuestCode code, fmt::format_string<Args...> format,
                                   Args&&... args) {
  return std::unexpected(
      GuestError{code, "", fmt::format(format, std::forward<Args>(args)...), std::nullopt});
}

/// The WIT record `event` of a family whose WIT variant or record `payload` is `Payload`.
template <typename Payload>
struct Event {
  std::uint64_t id = 0;
  Payload payload{};
  static constexpr auto wit_members() {
    return std::tuple{wasm::field("id", &Event::id), wasm::field("payload", &Event::payload)};
  }
};

/// handle-events: func(state: bytes, events: list<event>) -> result<tuple<bytes, Rest...>, string>
template <typename Payload, typename... Rest>
wasm::FunctionType handler_type() {
  using State = std::tuple<Bytes, Rest...>;
  return {{{"state", wasm::type_of<Bytes>()},
           {"events", wasm::Type::list(wasm::type_of<Event<Payload>>())}},
          wasm::type_of<std::expected<State, std::string>>()};
}

}  // namespace theater::host

template <>
struct theater::wasm::WitLabels<theater::host::GuestCode> {
  static constexpr std::array<std::string_view, 19> kLabels{
      "denied",      "invalid",     "not-found", "conflict",  "closed",      "full",
      "busy",        "too-large",   "deadline",  "cancelled", "interrupted", "would-deadlock",
      "unsupported", "unreachable", "protocol",  "tls",       "io",          "remote",
      "internal"};
};
