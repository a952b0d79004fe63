// Request: the head of an HTTP/1 request (RFC 9110, RFC 9112), read strictly: what two readers
// could understand differently is refused.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "host/wit_types.h"
#include "hosts/http/refusal.h"

namespace theater::hosts::http {

/// Where a body ends.
struct Framing {
  enum class Kind : std::uint8_t { kNone, kLength, kChunked };
  Kind kind = Kind::kNone;
  std::uint64_t length = 0;  // kLength; not 0
  bool operator==(const Framing&) const = default;
};

struct Request {
  std::string method;
  std::string target;     // path and query as sent: "/ws?room=1"; "*" of OPTIONS
  host::Headers headers;  // in the order received; names in lower case
  Framing framing;
  std::uint8_t minor_version = 1;  // HTTP/1.0 or 1.1
  bool keeps_alive = true;         // the client wants to ask more on this connection
  bool expects_continue = false;

  bool has_body() const { return framing.kind != Framing::Kind::kNone; }
  std::string_view path() const;   // the target before "?"
  std::string_view query() const;  // after it; empty if there is none
  /// The values of a header, joined by commas; empty if it is missing. `name` in lower case.
  std::string header(std::string_view name) const;
  bool asks_for_websocket() const;
};

/// Parses a head that HeadScanner has found complete.
std::expected<Request, Refusal> parse_request(ByteSpan head);

}  // namespace theater::hosts::http
