// Url: an absolute URL as guests write them, strictly read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace theater::hosts::outbound {

/// scheme://host[:port][/path][?query]. No user, no fragment, no dot segments (nor their escaped
/// forms): a path that a grant allows is the path the server sees. A value.
struct Url {
  std::string scheme;  // lower case: http, https, ws, wss
  std::string host;    // lower case; an IPv6 address without brackets
  std::uint16_t port = 0;
  std::string target;  // path and query; begins with "/"

  bool is_secure() const { return scheme == "https" || scheme == "wss"; }
  bool is_default_port() const { return port == (is_secure() ? 443 : 80); }
  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
  /// For the Host header: with the port where it is not the scheme's own.
  std::string authority() const;
};

/// kInvalid says what is wrong.
Result<Url> parse_url(std::string_view text);

/// Where `reference` leads from `base` (RFC 3986 section 5): an absolute URL, or one without
/// scheme, host, or path. Its fragment is left out, its dot segments are undone unless they are
/// escaped.
Result<Url> resolve_url(const Url& base, std::string_view reference);

/// Whether `host` is a name or an address as a Url holds it: "127.1" and "0x7f.1" are neither.
bool is_host(std::string_view host);
bool is_path(std::string_view path);

}  // namespace theater::hosts::outbound
