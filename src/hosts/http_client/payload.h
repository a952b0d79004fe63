// The types of wit/http-client.wit.
#pragma once

#include <array>
#include <variant>

#include "host/wit_types.h"

namespace theater::hosts::http_client {

/// The WIT record `request`, as a guest passes it: a view of its arguments.
struct Request {
  std::string_view method;
  std::string_view url;
  host::Headers headers;
  ByteSpan body;
  static constexpr auto wit_members() {
    return std::tuple{wasm::field("method", &Request::method), wasm::field("url", &Request::url),
                      wasm::field("headers", &Request::headers),
                      wasm::field("body", &Request::body)};
  }
};

/// The WIT record `response`.
struct Response {
  std::uint16_t status = 0;
  host::Headers headers;  // as received, names in lower case
  Bytes body;
  static constexpr auto wit_members() {
    return std::tuple{wasm::field("status", &Response::status),
                      wasm::field("headers", &Response::headers),
                      wasm::field("body", &Response::body)};
  }
};
using Result = std::expected<Response, host::GuestError>;

/// The WIT enum `delivery`.
enum class Deliver : std::uint8_t { kWhole, kParts, kKept };

/// The WIT variant `payload`.
struct Payload {
  static constexpr std::array<std::string_view, 3> kWitCases{"head", "part", "ended"};
  enum Case : std::size_t { kHead, kPart, kEnded };
  std::variant<Response, Bytes, Result> value;
};

template <Payload::Case kCase, typename... Value>
Bytes event_bytes(std::uint64_t id, Value&&... value) {
  host::Event<Payload> event{id, {}};
  event.payload.value.emplace<kCase>(std::forward<Value>(value)...);
  return wasm::to_binary(event);
}

}  // namespace theater::hosts::http_client

template <>
struct theater::wasm::WitLabels<theater::hosts::http_client::Deliver> {
  static constexpr std::array<std::string_view, 3> kLabels{"whole", "parts", "kept"};
};
