// Url: strict parsing.
#include "hosts/outbound/url.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "io/endpoint.h"

namespace theater::hosts::outbound {

namespace {

constexpr std::size_t kUrlBytesMax = 8 * 1024;
constexpr std::size_t kHostBytesMax = 253;
constexpr std::size_t kLabelBytesMax = 63;

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return out;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kLabelBytesMax && label.front() != '-' &&
         label.back() != '-' && std::ranges::all_of(label, [](char c) {
           return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
         });
}

/// A last label that some library would take for a number: such a host is an address or nothing.
bool looks_numeric(std::string_view label) {
  if (std::ranges::all_of(label, is_digit)) return true;
  return label.starts_with("0x");
}

/// The path as a server may read it: escaped dots, slashes and backslashes undone.
std::string unescaped(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::string code = path.starts_with('%') ? lower(path.substr(0, 3)) : "";
    const char plain = code == "%2e" ? '.' : code == "%2f" || code == "%5c" ? '/' : '\0';
    out += plain == '\0' ? path.front() : plain;
    path.remove_prefix(plain == '\0' ? 1 : code.size());
  }
  return out;
}

/// Whether it stands for a folder, with the parameters that some servers cut off.
bool is_dots(std::string_view segment) {
  segment = segment.substr(0, segment.find(';'));
  return segment == "." || segment == "..";
}

Result<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error == std::errc{} && stop == end && port > 0) return port;
  return fail(Code::kInvalid, "\"{}\" is not a port", text);
}

std::uint16_t port_of(std::string_view scheme) {
  if (scheme == "http" || scheme == "ws") return 80;
  return scheme == "https" || scheme == "wss" ? 443 : 0;
}

/// host[:port] or [v6][:port], into `url`.
Status parse_authority(std::string_view authority, Url& url) {
  std::string_view rest;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return fail(Code::kInvalid, "no ] after the address");
    url.host = lower(authority.substr(1, end - 1));
    rest = authority.substr(end + 1);
    const auto address = io::IpAddress::parse(url.host);
    if (!address || url.host.find(':') == std::string::npos) {
      return fail(Code::kInvalid, "[{}] is not an IPv6 address", url.host);
    }
  } else {
    const auto colon = authority.find(':');
    url.host = lower(authority.substr(0, colon));
    rest = colon == std::string_view::npos ? std::string_view() : authority.substr(colon);
    if (url.host.find(':') != std::string::npos || !is_host(url.host)) {
      return fail(Code::kInvalid, "\"{}\" is not a host", url.host);
    }
  }
  if (rest.empty()) return {};
  if (!rest.starts_with(':')) return fail(Code::kInvalid, "\"{}\" after the host", rest);
  TRY(url.port, parse_port(rest.substr(1)));
  return {};
}

/// Whether a reference begins with a scheme.
bool has_scheme(std::string_view reference) {
  const auto mark = reference.find_first_of(":/?");
  return mark != std::string_view::npos && mark > 0 && reference[mark] == ':';
}

/// A path without "." and "..", which lead no further up than to the root.
std::string without_dots(std::string_view path) {
  std::vector<std::string_view> kept;
  std::string_view last;
  while (!path.empty()) {
    path.remove_prefix(1);  // "/"
    last = path.substr(0, path.find('/'));
    path.remove_prefix(last.size());
    if (last == ".." && !kept.empty()) kept.pop_back();
    if (last != "." && last != "..") kept.push_back(last);
  }
  std::string out;
  for (const std::string_view segment : kept) out += fmt::format("/{}", segment);
  const bool is_folder = last == "." || last == "..";
  return is_folder || out.empty() ? out + "/" : out;
}

}  // namespace

std::string Url::authority() const {
  std::string text = host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
  if (!is_default_port()) text += fmt::format(":{}", port);
  return text;
}

bool is_host(std::string_view host) {
  if (io::IpAddress::parse(host)) return true;
  if (host.empty() || host.size() > kHostBytesMax) return false;
  std::string_view last;
  while (true) {
    const auto dot = host.find('.');
    last = host.substr(0, dot);
    if (!is_label(last)) return false;
    if (dot == std::string_view::npos) break;
    host.remove_prefix(dot + 1);
  }
  return !looks_numeric(last);
}

bool is_path(std::string_view path) {
  const bool is_plain = std::ranges::all_of(
      path, [](char c) { return c > 0x20 && c < 0x7f && c != '\\' && c != '#'; });
  if (!path.starts_with('/') || !is_plain) return false;
  const std::string all = unescaped(path);
  std::string_view rest = all;
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const auto slash = rest.find('/');
    if (is_dots(rest.substr(0, slash))) return false;
    rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash);
  }
  return true;
}

Result<Url> parse_url(std::string_view text) {
  if (text.size() > kUrlBytesMax) return fail(Code::kInvalid, "a URL over {} bytes", kUrlBytesMax);
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) return fail(Code::kInvalid, "\"{}\" is not a URL", text);
  Url url;
  url.scheme = lower(text.substr(0, colon));
  url.port = port_of(url.scheme);
  if (url.port == 0) return fail(Code::kInvalid, "scheme \"{}\" is not known", url.scheme);
  text.remove_prefix(colon + 3);
  const auto end = text.find_first_of("/?#\\");
  if (auto status = parse_authority(text.substr(0, end), url); !status) {
    return std::unexpected(std::move(status.error()));
  }
  url.target = end == std::string_view::npos ? "/" : text.substr(end);
  if (url.target.starts_with('?')) url.target.insert(0, "/");
  const bool is_plain = std::ranges::all_of(
      url.target, [](char c) { return c > 0x20 && c < 0x7f && c != '#' && c != '\\'; });
  if (!is_plain || !is_path(url.path())) {
    return fail(Code::kInvalid, "\"{}\" is not a path", url.target);
  }
  return url;
}

Result<Url> resolve_url(const Url& base, std::string_view reference) {
  if (reference.size() > kUrlBytesMax) {
    return fail(Code::kInvalid, "a URL over {} bytes", kUrlBytesMax);
  }
  reference = reference.substr(0, reference.find('#'));
  if (has_scheme(reference)) return parse_url(reference);
  if (reference.starts_with("//")) return parse_url(fmt::format("{}:{}", base.scheme, reference));
  const std::string start = fmt::format("{}://{}", base.scheme, base.authority());
  if (reference.empty()) return parse_url(start + base.target);
  const auto mark = reference.find('?');
  std::string path(reference.substr(0, mark));
  const std::string_view query =
      mark == std::string_view::npos ? std::string_view() : reference.substr(mark);
  if (path.empty()) {
    path = base.path();
  } else if (!path.starts_with('/')) {
    path.insert(0, base.path().substr(0, base.path().rfind('/') + 1));
  }
  return parse_url(fmt::format("{}{}{}", start, without_dots(path), query));
}

}  // namespace theater::hosts::outbound
