// The handshake: text out, Beast parses the head, the rules of RFC 6455 section 4.1.
#include "hosts/websocket_client/handshake.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "hosts/outbound/fields.h"
#include "hosts/websocket_client/limits.h"

namespace theater::hosts::websocket_client {

namespace http = boost::beast::http;
using host::GuestCode;

namespace {

/// The values of a header, joined by commas.
std::string header(const host::Headers& headers, std::string_view name) {
  std::string joined;
  for (const auto& [field, value] : headers) {
    if (field != name) continue;
    if (!joined.empty()) joined += ", ";
    joined += as_text(value);
  }
  return joined;
}

bool names_token(std::string_view list, std::string_view token) {
  while (true) {
    const auto comma = list.find(',');
    std::string_view element = list.substr(0, comma);
    while (element.starts_with(' ') || element.starts_with('\t')) element.remove_prefix(1);
    while (element.ends_with(' ') || element.ends_with('\t')) element.remove_suffix(1);
    if (outbound::lower(element) == token) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

std::unexpected<Refusal> no_answer(std::string message) {
  return std::unexpected(Refusal{0, std::move(message)});
}

std::expected<Answer, Refusal> check_answer(Answer answer, const Ask& ask, const Offer& offer) {
  const auto value = [&](std::string_view name) { return header(answer.headers, name); };
  if (!names_token(value("upgrade"), "websocket")) return no_answer("Upgrade is not websocket");
  if (!names_token(value("connection"), "upgrade")) return no_answer("Connection is not Upgrade");
  if (value("sec-websocket-accept") != accept_text(offer.key)) {
    return no_answer("Sec-WebSocket-Accept does not answer the key");
  }
  const std::string subprotocol = value("sec-websocket-protocol");
  const bool is_offered =
      std::ranges::find(ask.subprotocols, subprotocol) != ask.subprotocols.end();
  if (!subprotocol.empty() && !is_offered) return no_answer("a subprotocol that was not offered");
  const std::string extensions = value("sec-websocket-extensions");
  if (extensions.empty()) return answer;
  if (!offer.deflate) return no_answer("an extension that was not offered");
  auto settings = read_deflate_answer(extensions);
  if (!settings) return no_answer(settings.error().message);
  answer.deflate = *settings;
  return answer;
}

}  // namespace

host::Outcome check_ask(const std::vector<std::string>& subprotocols,
                        const host::Headers& headers) {
  if (subprotocols.size() > kSubprotocolsMax) {
    return host::refuse(GuestCode::kTooLarge, "at most {} subprotocols", kSubprotocolsMax);
  }
  for (const std::string& subprotocol : subprotocols) {
    if (subprotocol.size() <= kSubprotocolBytesMax && outbound::is_token(subprotocol)) continue;
    return host::refuse(GuestCode::kInvalid, "\"{}\" is not a subprotocol", subprotocol);
  }
  return outbound::check_fields(headers);
}

std::string upgrade_request(const Ask& ask, const Offer& offer) {
  std::string text = fmt::format(
      "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {}\r\n",
      ask.url.target, ask.url.authority(), offer.key);
  if (!ask.subprotocols.empty()) {
    text += "Sec-WebSocket-Protocol: ";
    for (const std::string& subprotocol : ask.subprotocols) text += subprotocol + ", ";
    text.replace(text.size() - 2, 2, "\r\n");
  }
  if (offer.deflate) text += fmt::format("Sec-WebSocket-Extensions: {}\r\n", deflate_offer());
  for (const auto& [name, value] : ask.headers) {
    text += fmt::format("{}: {}\r\n", name, as_text(value));
  }
  return text + "\r\n";
}

std::optional<std::size_t> head_end(ByteSpan bytes) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  const auto at = as_text(bytes).find(kEnd);
  if (at == std::string_view::npos) return std::nullopt;
  return at + kEnd.size();
}

std::expected<Answer, Refusal> read_answer(ByteSpan head, const Ask& ask, const Offer& offer) {
  http::response_parser<http::empty_body> parser;
  parser.header_limit(kHeadBytesMax);
  parser.skip(true);
  boost::system::error_code error;
  parser.put(boost::asio::buffer(head.data(), head.size()), error);
  if (error || !parser.is_header_done()) {
    return no_answer(error ? error.message() : "an incomplete answer");
  }
  const auto& message = parser.get();
  if (message.version() != 11) return no_answer("not HTTP/1.1");
  if (message.result_int() != 101) {
    const auto status = static_cast<std::uint16_t>(message.result_int());
    return std::unexpected(Refusal{status, fmt::format("the server answers {}", status)});
  }
  Answer answer;
  for (const auto& field : message) {
    answer.headers.emplace_back(
        outbound::lower({field.name_string().data(), field.name_string().size()}),
        to_bytes(as_bytes({field.value().data(), field.value().size()})));
  }
  return check_answer(std::move(answer), ask, offer);
}

}  // namespace theater::hosts::websocket_client
