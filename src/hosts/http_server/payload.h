// The types of wit/http-server.wit.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "hosts/http/message.h"

namespace theater::hosts::http_server {

/// The WIT record `server-event`, as a guest passes it.
struct ServerEvent {
  std::string_view id;
  std::string_view name;
  std::string_view data;
  static constexpr auto wit_members() {
    return std::tuple{wasm::field("id", &ServerEvent::id), wasm::field("name", &ServerEvent::name),
                      wasm::field("data", &ServerEvent::data)};
  }
};

using Streamed = std::tuple<http::ResponseMessage, std::optional<std::string_view>>;

/// The WIT variant `answer`.
struct Answer {
  static constexpr std::array<std::string_view, 3> kWitCases{"now", "later", "streamed"};
  enum Case : std::size_t { kNow, kLater, kStreamed };
  std::variant<http::ResponseMessage, std::uint32_t, Streamed> value;
};

using Ids = std::vector<std::uint64_t>;  // of requests

/// What a handler returns beside its state.
using Answers = std::vector<std::tuple<std::uint64_t, Answer>>;

/// The WIT variant `payload`.
struct Payload {
  static constexpr std::array<std::string_view, 6> kWitCases{"request",   "part",    "complete",
                                                             "congested", "drained", "ended"};
  enum Case : std::size_t { kRequest, kPart, kComplete, kCongested, kDrained, kEnded };
  using Arrived = std::tuple<std::string_view, http::RequestMessage>;
  std::variant<Arrived, ByteSpan, std::monostate, std::monostate, std::monostate,
               std::optional<host::GuestError>>
      value;
};

template <Payload::Case kCase, typename... Value>
Bytes event_bytes(std::uint64_t id, Value&&... value) {
  host::Event<Payload> event{id, {}};
  event.payload.value.template emplace<kCase>(std::forward<Value>(value)...);
  return wasm::to_binary(event);
}

}  // namespace theater::hosts::http_server
