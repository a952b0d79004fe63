// Request: an HTTP/1.1 request head, and whether it asks for a WebSocket we grant.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "host/wit_types.h"
#include "hosts/websocket_server/grant.h"
#include "hosts/websocket_server/inflater.h"

namespace theater::hosts::websocket_server {

struct Request {
  std::string method;
  std::string target;     // as sent: "/ws?room=1"
  host::Headers headers;  // in the order received; names in lower case
  bool has_body = false;

  std::string_view path() const;   // the target before "?"
  std::string_view query() const;  // after it; empty if there is none
  /// The values of a header, joined by commas; empty if it is missing. `name` in lower case.
  std::string header(std::string_view name) const;
  bool asks_for_websocket() const;
};

/// An HTTP answer instead of what was asked for.
struct Refusal {
  std::uint16_t status = 400;
  std::string message;
  bool operator==(const Refusal&) const = default;
};

/// Where the head ends in `bytes` (the offset behind its empty line), if it does.
std::optional<std::size_t> head_end(ByteSpan bytes);
/// Parses a complete head.
std::expected<Request, Refusal> parse_request(ByteSpan head);

/// What an accepted upgrade answers.
struct Upgrade {
  std::string accept;                      // Sec-WebSocket-Accept
  std::optional<std::string> subprotocol;  // chosen from the grant's
  std::vector<std::string> offered;        // subprotocols the client offers
  std::optional<DeflateSettings> deflate;
};
/// Checks an upgrade request against RFC 6455 section 4.2 and the grant (origins, subprotocols).
std::expected<Upgrade, Refusal> check_upgrade(const Request& request, const Grant& grant);

/// The text of the answers.
std::string switch_response(const Upgrade& upgrade);
std::string refusal_response(const Refusal& refusal);
/// A head for `size` bytes of `type`.
std::string page_head(std::string_view type, std::uint64_t size);

}  // namespace theater::hosts::websocket_server
