// Refusal: its text.
#include "hosts/http/refusal.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace theater::hosts::http {

namespace {

constexpr std::pair<std::uint16_t, std::string_view> kReasons[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

}  // namespace

std::string_view reason_of(std::uint16_t status) {
  const auto found = std::ranges::find(kReasons, status, [](const auto& row) { return row.first; });
  return found == std::end(kReasons) ? "Unknown" : found->second;
}

std::string refusal_response(const Refusal& refusal) {
  const std::string body = fmt::format("{}\n", refusal.message);
  std::string extra;
  if (refusal.status == 426) extra = "Sec-WebSocket-Version: 13\r\n";
  if (refusal.status == 405) extra = "Allow: GET, HEAD\r\n";
  if (refusal.retry_seconds > 0) extra += fmt::format("Retry-After: {}\r\n", refusal.retry_seconds);
  return fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n"
      "Connection: close\r\n{}\r\n{}",
      refusal.status, reason_of(refusal.status), body.size(), extra, body);
}

}  // namespace theater::hosts::http
