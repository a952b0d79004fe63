// Grant: reading and checking.
#include "hosts/tcp/grant.h"

#include <algorithm>
#include <charconv>

#include "host/least_limit.h"
#include "hosts/listener/settings.h"
#include "hosts/outbound/fields.h"
#include "hosts/outbound/url.h"

namespace theater::hosts::tcp {

namespace {

constexpr std::string_view kAnySubdomain = "*.";

bool is_rule_host(std::string_view host) {
  if (host == "*") return true;
  if (host.starts_with(kAnySubdomain)) host.remove_prefix(kAnySubdomain.size());
  return outbound::is_host(host);
}

void read_targets(actor::SettingsReader& reader, Grant& grant) {
  for (const std::string& text : reader.texts("allow")) {
    auto rule = parse_target_rule(text);
    if (!rule) reader.refuse("allow", rule.error().message);
    if (rule) grant.allow.push_back(*std::move(rule));
  }
  if (grant.allow.size() > kRulesMax) reader.refuse("allow", "has too many entries");
}

std::vector<std::string> read_actors(actor::SettingsReader& reader, std::string_view key) {
  std::vector<std::string> actors = reader.texts(key);
  if (actors.size() > kRulesMax) reader.refuse(key, "has too many entries");
  return actors;
}

/// Bounds that depend on each other.
void fit(actor::SettingsReader& reader, Limits& limits) {
  if (limits.out_low >= limits.out_high) reader.refuse("out_low", "must be below out_high");
  host::need_at_least(reader, "out_hard", limits.out_hard, {limits.out_high, "out_high"});
}

}  // namespace

bool TargetRule::allows(std::string_view to_host, std::uint16_t to_port) const {
  if (port && *port != to_port) return false;
  if (host == "*") return true;
  if (!host.starts_with(kAnySubdomain)) return host == to_host;
  const std::string_view suffix = std::string_view(host).substr(1);
  return to_host.ends_with(suffix) && to_host.size() > suffix.size();
}

Result<TargetRule> parse_target_rule(std::string_view text) {
  TargetRule rule;
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return fail(Code::kInvalid, "\"{}\" is not HOST:PORT", text);
  std::string_view host = text.substr(0, colon);
  const bool is_bracketed = host.starts_with('[') && host.ends_with(']');
  if (is_bracketed) host = host.substr(1, host.size() - 2);
  rule.host = outbound::lower(host);
  if (!is_rule_host(rule.host) || is_bracketed != (rule.host.find(':') != std::string::npos)) {
    return fail(Code::kInvalid, "\"{}\" does not begin with a host", text);
  }
  const std::string_view port = text.substr(colon + 1);
  if (port == "*") return rule;
  std::uint16_t number = 0;
  const auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc{} || stop != port.data() + port.size() || number == 0) {
    return fail(Code::kInvalid, "\"{}\" does not end in a port", text);
  }
  rule.port = number;
  return rule;
}

bool Grant::allows(std::string_view host, std::uint16_t port) const {
  return std::ranges::any_of(allow,
                             [&](const TargetRule& rule) { return rule.allows(host, port); });
}

bool names(const std::vector<std::string>& actors, std::string_view actor) {
  return std::ranges::any_of(actors,
                             [&](const std::string& name) { return name == "*" || name == actor; });
}

Result<Grant> parse_grant(const actor::Setting& table) {
  actor::SettingsReader reader(table, "grants.tcp");
  Grant grant;
  read_targets(reader, grant);
  grant.private_addresses = outbound::read_private_addresses(reader);
  grant.trust = outbound::read_trust(reader, table);
  if (reader.optional_text("listen")) grant.listen = listener::read_listen(reader);
  grant.tls = listener::read_tls(reader, table);
  constexpr std::string_view kWhen[] = {"at-once", "on-order"};
  grant.server_tls = static_cast<ServerTls>(reader.choice("tls_begins", kWhen, 0));
  if (reader.has("tls_begins") && !grant.tls) reader.refuse("tls_begins", "needs tls_certificate");
  if (grant.tls && !grant.listen) reader.refuse("tls_certificate", "needs listen");
  constexpr std::string_view kModes[] = {"active", "passive"};
  grant.first_mode = static_cast<FirstMode>(reader.choice("mode", kModes, 0));
  grant.transfer_to = read_actors(reader, "transfer_to");
  grant.transfer_from = read_actors(reader, "transfer_from");
  host::read_limits(reader, kLimitFields, grant.limits);
  fit(reader, grant.limits);
  TRY_OK(reader.finish());
  if (grant.allow.empty() && !grant.listen && grant.transfer_from.empty()) {
    return fail(Code::kInvalid,
                "{}: grants.tcp leads nowhere and lets nobody in: set allow, such as "
                "allow = [\"mail.example.com:25\"], listen or transfer_from",
                table.place());
  }
  return grant;
}

}  // namespace theater::hosts::tcp
