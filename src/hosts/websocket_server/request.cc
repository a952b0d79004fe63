// Request: Beast parses the head; the rules of the upgrade are here.
#include "hosts/websocket_server/request.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>

#include "base/check.h"
#include "hosts/websocket_server/limits.h"

namespace theater::hosts::websocket_server {

namespace http = boost::beast::http;

namespace {

constexpr std::string_view kKeySuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::size_t kKeySize = 24;  // 16 bytes in base64

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  });
  return out;
}

/// The comma-separated elements, without white space around them.
std::vector<std::string> elements(std::string_view list) {
  std::vector<std::string> found;
  while (!list.empty()) {
    const auto comma = list.find(',');
    std::string_view element = list.substr(0, comma);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    while (element.starts_with(' ') || element.starts_with('\t')) element.remove_prefix(1);
    while (element.ends_with(' ') || element.ends_with('\t')) element.remove_suffix(1);
    if (!element.empty()) found.emplace_back(element);
  }
  return found;
}

bool has_token(const std::string& list, std::string_view token) {
  const auto tokens = elements(lower(list));
  return std::ranges::find(tokens, token) != tokens.end();
}

std::string accept_of(const std::string& key) {
  const std::string input = key + std::string(kKeySuffix);
  std::array<std::uint8_t, 20> digest;
  unsigned size = digest.size();
  CHECK(EVP_Digest(input.data(), input.size(), digest.data(), &size, EVP_sha1(), nullptr) == 1,
        "openssl");
  std::array<std::uint8_t, 32> text;
  const int length = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(digest.size()));
  return {reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(length)};
}

/// Browsers name the page's origin. Without a list only the page's own host may connect; other
/// clients name none.
bool is_origin_allowed(const Request& request, const Grant& grant) {
  const std::string origin = request.header("origin");
  if (origin.empty()) return true;
  if (grant.origins.empty()) {
    const auto host = origin.find("://");
    return host != std::string::npos &&
           lower(std::string_view(origin).substr(host + 3)) == lower(request.header("host"));
  }
  return std::ranges::any_of(grant.origins, [&](const std::string& allowed) {
    return allowed == "*" || lower(allowed) == lower(origin);
  });
}

std::string_view reason_of(std::uint16_t status) {
  const auto known = http::obsolete_reason(http::int_to_status(status));
  return {known.data(), known.size()};
}

}  // namespace

std::string_view Request::path() const {
  return std::string_view(target).substr(0, target.find('?'));
}

std::string_view Request::query() const {
  const auto mark = target.find('?');
  return mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
}

std::string Request::header(std::string_view name) const {
  std::string joined;
  for (const auto& [field, value] : headers) {
    if (field != name) continue;
    if (!joined.empty()) joined += ", ";
    joined += as_text(value);
  }
  return joined;
}

bool Request::asks_for_websocket() const { return has_token(header("upgrade"), "websocket"); }

std::optional<std::size_t> head_end(ByteSpan bytes) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  const auto at = as_text(bytes).find(kEnd);
  if (at == std::string_view::npos) return std::nullopt;
  return at + kEnd.size();
}

std::expected<Request, Refusal> parse_request(ByteSpan head) {
  http::request_parser<http::empty_body> parser;
  parser.header_limit(kHeadBytesMax);
  parser.skip(true);
  boost::system::error_code error;
  parser.put(boost::asio::buffer(head.data(), head.size()), error);
  if (error == http::error::header_limit) return std::unexpected(Refusal{431, "head too large"});
  if (error || !parser.is_header_done()) {
    return std::unexpected(Refusal{400, error ? error.message() : "incomplete head"});
  }
  const auto& message = parser.get();
  if (message.version() != 11) return std::unexpected(Refusal{505, "only HTTP/1.1"});
  Request request;
  request.method = message.method_string();
  request.target = message.target();
  for (const auto& field : message) {
    request.headers.emplace_back(lower({field.name_string().data(), field.name_string().size()}),
                                 to_bytes(as_bytes({field.value().data(), field.value().size()})));
  }
  const auto length = parser.content_length();
  request.has_body =
      message.chunked() || (length && *length > 0) || !request.header("transfer-encoding").empty();
  if (request.header("host").empty()) return std::unexpected(Refusal{400, "no Host"});
  const bool is_printable = std::ranges::all_of(request.target, [](unsigned char c) {
    return c > 0x20 && c < 0x7f;  // the guest sees it as a string: nothing that is not UTF-8
  });
  if (!request.target.starts_with('/') || !is_printable) {
    return std::unexpected(Refusal{400, "not a path"});
  }
  return request;
}

std::expected<Upgrade, Refusal> check_upgrade(const Request& request, const Grant& grant) {
  if (request.method != "GET" || request.has_body) {
    return std::unexpected(Refusal{405, "a WebSocket is opened by GET without a body"});
  }
  if (!has_token(request.header("connection"), "upgrade")) {
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
  upgrade.accept = accept_of(key);
  upgrade.offered = elements(request.header("sec-websocket-protocol"));
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

std::string refusal_response(const Refusal& refusal) {
  const std::string body = fmt::format("{}\n", refusal.message);
  std::string extra;
  if (refusal.status == 426) extra = "Sec-WebSocket-Version: 13\r\n";
  if (refusal.status == 405) extra = "Allow: GET, HEAD\r\n";
  return fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n"
      "Connection: close\r\n{}\r\n{}",
      refusal.status, reason_of(refusal.status), body.size(), extra, body);
}

std::string page_head(std::string_view type, std::uint64_t size) {
  return fmt::format(
      "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nContent-Length: {}\r\nCache-Control: no-cache\r\n"
      "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
      type, size);
}

}  // namespace theater::hosts::websocket_server
