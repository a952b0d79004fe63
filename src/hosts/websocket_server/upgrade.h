// Upgrade: whether a request asks for a WebSocket that we grant (RFC 6455, section 4.2).
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "hosts/http/request.h"
#include "hosts/websocket_server/grant.h"
#include "hosts/websocket_server/protocol.h"

namespace theater::hosts::websocket_server {

/// What an accepted upgrade answers.
struct Upgrade {
  std::string accept;                      // Sec-WebSocket-Accept
  std::optional<std::string> subprotocol;  // chosen from the grant's
  std::vector<std::string> offered;        // subprotocols the client offers
  std::optional<DeflateSettings> deflate;
};
/// Checks an upgrade request against the RFC and the grant (origins, subprotocols).
std::expected<Upgrade, http::Refusal> check_upgrade(const http::Request& request,
                                                    const Grant& grant);

/// The text of the answer.
std::string switch_response(const Upgrade& upgrade);

}  // namespace theater::hosts::websocket_server
