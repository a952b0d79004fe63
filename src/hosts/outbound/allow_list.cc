// AllowList: parsing and matching.
#include "hosts/outbound/allow_list.h"

#include <algorithm>

#include "host/grant_text.h"

namespace theater::hosts::outbound {

namespace {

constexpr std::string_view kAnySubdomain = "*.";

bool is_method(std::string_view method) {
  return !method.empty() &&
         std::ranges::all_of(method, [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; });
}

Result<std::vector<std::string>> parse_methods(std::string_view text) {
  std::vector<std::string> methods;
  if (text == "*") return methods;
  while (true) {
    const auto comma = text.find(',');
    const std::string_view method = text.substr(0, comma);
    if (!is_method(method)) return fail(Code::kInvalid, "\"{}\" is not a method", method);
    methods.emplace_back(method);
    if (comma == std::string_view::npos) return methods;
    text.remove_prefix(comma + 1);
  }
}

/// Takes `suffix` off the end of `text`.
bool take_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

/// Takes the host with its wildcard off a copy and leaves a URL that parse_url can check.
std::string without_wildcards(std::string_view url, AllowRule& rule) {
  const auto scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return std::string(url);
  const std::string scheme(url.substr(0, scheme_end + 3));
  std::string_view rest = url.substr(scheme_end + 3);
  const auto path_at = rest.find('/');
  std::string_view authority = rest.substr(0, path_at);
  std::string path(path_at == std::string_view::npos ? std::string_view() : rest.substr(path_at));
  rule.is_prefix = path.ends_with('*');
  if (rule.is_prefix) path.pop_back();
  if (take_suffix(authority, ":*"))
    rule.port = std::nullopt;
  else
    rule.port = 0;
  std::string host(authority);
  if (host == "*" || host.starts_with("*:")) {
    rule.host = "*";
    host.replace(0, 1, "any");
  } else if (host.starts_with(kAnySubdomain)) {
    rule.host = kAnySubdomain;
    host.erase(0, kAnySubdomain.size());
  }
  return scheme + host + path;
}

}  // namespace

Result<AllowRule> parse_allow_rule(std::string_view text) {
  AllowRule rule{{"GET", "HEAD"}, "", "", 0, "", false};
  if (const auto space = text.find(' '); space != std::string_view::npos) {
    TRY(rule.methods, parse_methods(text.substr(0, space)));
    text.remove_prefix(space + 1);
  }
  const std::string plain = without_wildcards(text, rule);
  TRY(const Url url, parse_url(plain));
  if (url.target.find('?') != std::string::npos || url.target.find('*') != std::string::npos) {
    return fail(Code::kInvalid, "\"{}\" names more than a path", text);
  }
  rule.scheme = url.scheme;
  if (rule.host != "*") rule.host += url.host;
  if (rule.port) rule.port = url.port;
  const bool has_path = plain.find('/', plain.find("://") + 3) != std::string::npos;
  if (has_path) rule.path = url.target;
  if (rule.is_prefix && rule.path.empty()) rule.is_prefix = false;
  return rule;
}

bool AllowRule::allows(const Url& url, std::string_view method) const {
  if (url.scheme != scheme || (port && *port != url.port)) return false;
  if (!methods.empty() && std::ranges::find(methods, method) == methods.end()) return false;
  if (host.starts_with(kAnySubdomain)) {
    const std::string_view suffix = std::string_view(host).substr(1);
    if (!url.host.ends_with(suffix) || url.host.size() == suffix.size()) return false;
  } else if (host != "*" && host != url.host) {
    return false;
  }
  if (path.empty()) return true;
  return is_prefix ? url.path().starts_with(path) : url.path() == path;
}

bool AllowList::allows(const Url& url, std::string_view method) const {
  return std::ranges::any_of(rules_,
                             [&](const AllowRule& rule) { return rule.allows(url, method); });
}

AllowList read_allow(actor::SettingsReader& reader, std::span<const std::string_view> schemes,
                     std::string_view key) {
  std::vector<AllowRule> rules;
  for (const std::string& text : reader.texts(key)) {
    auto rule = parse_allow_rule(text);
    if (!rule) {
      reader.refuse(key, rule.error().message);
    } else if (std::ranges::find(schemes, rule->scheme) == schemes.end()) {
      reader.refuse(key, fmt::format("has scheme {} in \"{}\"", rule->scheme, text));
    } else {
      rules.push_back(*std::move(rule));
    }
  }
  return AllowList(std::move(rules));
}

PrivateAddresses read_private_addresses(actor::SettingsReader& reader) {
  return reader.boolean("private_addresses").value_or(false) ? PrivateAddresses::kAllowed
                                                             : PrivateAddresses::kRefused;
}

io::TlsTrust read_trust(actor::SettingsReader& reader, const actor::Setting& table) {
  const auto file = reader.optional_text("tls_authorities");
  if (!file) return {};
  return {host::beside_manifest(table, *file)};
}

}  // namespace theater::hosts::outbound
