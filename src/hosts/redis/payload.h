// The types of wit/redis.wit.
#pragma once

#include <array>
#include <variant>

#include "host/wit_types.h"

namespace theater::hosts::redis {

/// The WIT variant `value`: one part of a reply, in pre-order.
struct Value {
  static constexpr std::array<std::string_view, 6> kWitCases{"nil",  "integer", "text",
                                                             "blob", "failure", "array"};
  enum Case : std::size_t { kNil, kInteger, kText, kBlob, kFailure, kArray };
  std::variant<std::monostate, std::int64_t, std::string, Bytes, std::string, std::uint32_t> value;

  Case kind() const { return static_cast<Case>(value.index()); }
  bool operator==(const Value&) const = default;

  template <Case kCase, typename... Args>
  static Value make(Args&&... args) {
    Value made;
    made.value.emplace<kCase>(std::forward<Args>(args)...);
    return made;
  }
};
using Values = std::vector<Value>;
using Ending = std::expected<Values, host::GuestError>;

/// Commands with their arguments, as guests pass them.
using Command = std::vector<Bytes>;
using Commands = std::vector<Command>;

/// The WIT variant `payload`.
struct Payload {
  static constexpr std::array<std::string_view, 3> kWitCases{"published", "gap", "ended"};
  enum Case : std::size_t { kPublished, kGap, kEnded };
  std::variant<std::tuple<std::string, Bytes>, std::uint64_t, Ending> value;
};

template <Payload::Case kCase, typename... Value>
Bytes event_bytes(std::uint64_t id, Value&&... value) {
  host::Event<Payload> event{id, {}};
  event.payload.value.emplace<kCase>(std::forward<Value>(value)...);
  return wasm::to_binary(event);
}

}  // namespace theater::hosts::redis
