// The types of wit/http.wit: whole messages, as guests pass and get them.
#pragma once

#include <cstdint>
#include <string_view>
#include <tuple>

#include "host/wit_types.h"

namespace theater::hosts::http {

/// The WIT record `request`. A view.
struct RequestMessage {
  std::string_view method;
  std::string_view url;
  host::Headers headers;
  ByteSpan body;
  static constexpr auto wit_members() {
    return std::tuple{wasm::field("method", &RequestMessage::method),
                      wasm::field("url", &RequestMessage::url),
                      wasm::field("headers", &RequestMessage::headers),
                      wasm::field("body", &RequestMessage::body)};
  }
};

/// The WIT record `response`. A view.
struct ResponseMessage {
  std::uint16_t status = 200;
  host::Headers headers;
  ByteSpan body;
  static constexpr auto wit_members() {
    return std::tuple{wasm::field("status", &ResponseMessage::status),
                      wasm::field("headers", &ResponseMessage::headers),
                      wasm::field("body", &ResponseMessage::body)};
  }
};

}  // namespace theater::hosts::http
