// Which header fields may be sent.
#include "hosts/outbound/fields.h"

#include <algorithm>
#include <array>

namespace theater::hosts::outbound {

using host::GuestCode;

namespace {

/// Written by the host and nowhere else: whoever says them twice says where a request ends.
bool is_ours(std::string_view name) {
  constexpr std::array<std::string_view, 13> kOurs{
      "host",       "connection",     "upgrade", "content-length",   "transfer-encoding",
      "te",         "trailer",        "expect",  "proxy-connection", "proxy-authorization",
      "keep-alive", "http2-settings", "alt-used"};
  const std::string small = lower(name);
  return small.starts_with("sec-websocket-") || std::ranges::find(kOurs, small) != kOurs.end();
}

}  // namespace

bool is_token(std::string_view text) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kOthers.find(c) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view text) {
  return std::ranges::all_of(text,
                             [](unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7f); });
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return out;
}

host::Outcome check_fields(const host::Headers& headers) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : headers) {
    bytes += name.size() + value.size();
    if (!is_token(name) || !is_field_value(as_text(value))) {
      return host::refuse(GuestCode::kInvalid, "header \"{}\" cannot be sent", name);
    }
    if (is_ours(name)) {
      return host::refuse(GuestCode::kInvalid, "header \"{}\" is written by the host", name);
    }
  }
  if (headers.size() <= kFieldsMax && bytes <= kFieldBytesMax) return {};
  return host::refuse(GuestCode::kTooLarge, "at most {} headers of {} bytes", kFieldsMax,
                      kFieldBytesMax);
}

}  // namespace theater::hosts::outbound
