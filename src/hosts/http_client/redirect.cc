// Redirects: which, where, with what.
#include "hosts/http_client/redirect.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "hosts/outbound/fields.h"

namespace theater::hosts::http_client {

using host::GuestCode;

namespace {

constexpr std::uint16_t kMoved = 301, kFound = 302, kSeeOther = 303;
constexpr std::array<std::uint16_t, 5> kRedirects{kMoved, kFound, kSeeOther, 307, 308};
constexpr std::array<std::string_view, 3> kCredentials{"authorization", "cookie",
                                                       "proxy-authorization"};
/// Besides content-*: what says something of a body that is not sent again.
constexpr std::array<std::string_view, 3> kOfBody{"digest", "last-modified", "idempotency-key"};

bool is_among(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

std::unexpected<host::GuestError> refuse(GuestCode code, std::string message) {
  return std::unexpected(host::GuestError{code, "", std::move(message), std::nullopt});
}

std::vector<std::string_view> locations(const Response& response) {
  std::vector<std::string_view> found;
  for (const auto& [name, value] : response.headers) {
    if (name == "location") found.push_back(as_text(value));
  }
  return found;
}

/// The method that asks for what a response with this status points to.
std::string_view next_method(std::uint16_t status, std::string_view method) {
  const bool becomes_get = status == kSeeOther
                               ? method != "HEAD"
                               : method == "POST" && (status == kMoved || status == kFound);
  return becomes_get ? "GET" : method;
}

bool is_same_origin(const outbound::Url& one, const outbound::Url& other) {
  return one.scheme == other.scheme && one.host == other.host && one.port == other.port;
}

bool is_secret_there(const Ask& next, std::string_view name, const Grant& grant) {
  return std::ranges::any_of(grant.secrets, [&](const Secret& secret) {
    return outbound::lower(secret.header) == name && secret.where.allows(next.url, next.method);
  });
}

}  // namespace

std::optional<Next> redirect(const Ask& asked, const Response& response, const Grant& grant) {
  const auto places = locations(response);
  if (std::ranges::find(kRedirects, response.status) == kRedirects.end() || places.empty()) {
    return std::nullopt;
  }
  const auto url = outbound::resolve_url(asked.url, places.front());
  if (places.size() > 1 || !url) {
    return refuse(GuestCode::kProtocol, fmt::format("{} redirects to {}", asked.url.host,
                                                    url ? "several places" : url.error().message));
  }
  Ask next = asked;
  next.url = *url;
  next.method = next_method(response.status, asked.method);
  if (!grant.allow.allows(next.url, next.method)) {
    return refuse(
        GuestCode::kDenied,
        fmt::format("{} redirects to {} {}://{}{}, which no entry of allow covers", asked.url.host,
                    next.method, url->scheme, url->authority(), url->target));
  }
  const bool is_other_origin = !is_same_origin(asked.url, next.url);
  const bool drops_body = next.method != asked.method;
  if (drops_body) next.body.clear();
  std::erase_if(next.headers, [&](const auto& header) {
    const std::string name = outbound::lower(std::get<0>(header));
    return (is_other_origin && is_among(name, kCredentials)) ||
           (drops_body && (name.starts_with("content-") || is_among(name, kOfBody))) ||
           is_secret_there(next, name, grant);
  });
  return next;
}

}  // namespace theater::hosts::http_client
