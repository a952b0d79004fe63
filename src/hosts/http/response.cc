// Response: fields that pass, fields that are ours.
#include "hosts/http/response.h"

#include <algorithm>
#include <array>

#include "hosts/http/fields.h"
#include "hosts/http/limits.h"
#include "hosts/http/refusal.h"

namespace theater::hosts::http {

namespace {

/// Hop-by-hop fields, and what the host writes itself.
constexpr std::string_view kOurs[] = {
    "connection", "content-length", "date",    "keep-alive",        "proxy-connection",
    "te",         "trailer",        "upgrade", "transfer-encoding",
};

bool is_ours(std::string_view name) {
  return std::ranges::any_of(kOurs, [&](std::string_view ours) { return same_word(ours, name); });
}

void append_text(Bytes& out, std::string_view text) { append(out, as_bytes(text)); }

}  // namespace

std::optional<std::string> check_response(const ResponseMessage& response) {
  if (response.status < 200 || response.status > 599) {
    return fmt::format("status {} is not between 200 and 599", response.status);
  }
  if (response.headers.size() > kFieldsMax) {
    return fmt::format("more than {} header fields", kFieldsMax);
  }
  std::size_t bytes = 0;
  for (const auto& [name, value] : response.headers) {
    if (!is_token(name)) return "a header field's name is not a token";
    if (!is_field_value(as_text(value))) {
      return fmt::format("the value of {} has control characters", name);
    }
    bytes += name.size() + value.size();
  }
  if (bytes > kHeadBytesMax) return fmt::format("more than {} bytes of fields", kHeadBytesMax);
  return std::nullopt;
}

std::optional<std::string_view> find_header(const host::Headers& headers, std::string_view name) {
  const auto found = std::ranges::find_if(
      headers, [&](const auto& field) { return same_word(std::get<0>(field), name); });
  if (found == headers.end()) return std::nullopt;
  return as_text(std::get<1>(*found));
}

bool has_no_body(std::uint16_t status) { return status == 204 || status == 304; }

void append_response_head(Bytes& out, const ResponseMessage& response, const HeadFraming& framing) {
  append_text(out, fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_of(response.status)));
  append_text(out, framing.date_line);
  for (const auto& [name, value] : response.headers) {
    if (is_ours(name)) continue;
    append_text(out, name);
    append_text(out, ": ");
    append(out, value);
    append_text(out, "\r\n");
  }
  if (!has_no_body(response.status)) {
    if (framing.end == BodyEnd::kLength) {
      append_text(out, fmt::format("Content-Length: {}\r\n", framing.length));
    } else if (framing.end == BodyEnd::kChunked) {
      append_text(out, "Transfer-Encoding: chunked\r\n");
    }
  }
  append_text(out, framing.connection_line);
  append_text(out, "\r\n");
}

void append_chunk(Bytes& out, ByteSpan data) {
  if (data.empty()) return;  // would end the body
  append_text(out, fmt::format("{:x}\r\n", data.size()));
  append(out, data);
  append_text(out, "\r\n");
}

}  // namespace theater::hosts::http
