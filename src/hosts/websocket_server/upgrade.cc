// Upgrade: key, origin, subprotocol, compression.
#include "hosts/websocket_server/upgrade.h"

#include <algorithm>

#include "hosts/http/fields.h"
#include "hosts/websocket/accept_key.h"

namespace theater::hosts::websocket_server {

using http::Refusal;
using http::Request;

namespace {

constexpr std::size_t kKeySize = 24;  // 16 bytes in base64

/// Browsers name the page's origin. Without a list only the page's own host may connect; other
/// clients name none.
bool is_origin_allowed(const Request& request, const Grant& grant) {
  const std::string origin = request.header("origin");
  if (origin.empty()) return true;
  if (grant.origins.empty()) {
    const auto host = origin.find("://");
    return host != std::string::npos &&
           http::same_word(std::string_view(origin).substr(host + 3), request.header("host"));
  }
  return std::ranges::any_of(grant.origins, [&](const std::string& allowed) {
    return allowed == "*" || http::same_word(allowed, origin);
  });
}

}  // namespace

std::expected<Upgrade, Refusal> check_upgrade(const Request& request, const Grant& grant) {
  if (request.minor_version == 0) return std::unexpected(Refusal{505, "only HTTP/1.1"});
  if (request.method != "GET" || request.has_body()) {
    return std::unexpected(Refusal{405, "a WebSocket is opened by GET without a body"});
  }
  if (!http::has_token(request.header("connection"), "upgrade")) {
    return std::unexpected(Refusal{400, "Connection must name Upgrade"});
  }
  if (request.header("sec-websocket-version") != "13") {
    return std::unexpected(Refusal{426, "Sec-WebSocket-Version must be 13"});
  }
  const std::string key = request.header("sec-websocket-key");
  if (key.size() != kKeySize || !key.ends_with("==")) {
    return std::unexpected(Refusal{400, "Sec-WebSocket-Key must be 16 bytes in base64"});
  }
  if (!is_origin_allowed(request, grant)) {
    return std::unexpected(Refusal{403, "this origin may not connect"});
  }
  Upgrade upgrade;
  upgrade.accept = websocket::accept_text(key);
  upgrade.offered = http::elements(request.header("sec-websocket-protocol"));
  for (const std::string& ours : grant.subprotocols) {
    if (std::ranges::find(upgrade.offered, ours) == upgrade.offered.end()) continue;
    upgrade.subprotocol = ours;
    break;
  }
  if (grant.deflate) {
    upgrade.deflate = negotiate_deflate(request.header("sec-websocket-extensions"));
  }
  return upgrade;
}

std::string switch_response(const Upgrade& upgrade) {
  std::string text = fmt::format(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: {}\r\n",
      upgrade.accept);
  if (upgrade.subprotocol) {
    text += fmt::format("Sec-WebSocket-Protocol: {}\r\n", *upgrade.subprotocol);
  }
  if (upgrade.deflate) {
    text += fmt::format("Sec-WebSocket-Extensions: {}\r\n", deflate_answer(*upgrade.deflate));
  }
  return text + "\r\n";
}

}  // namespace theater::hosts::websocket_server
