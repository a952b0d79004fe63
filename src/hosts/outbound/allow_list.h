// AllowList: where a grant lets an actor go: the key `allow` of outbound families.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actor/settings.h"
#include "hosts/outbound/url.h"
#include "io/tls.h"

namespace theater::hosts::outbound {

/// One entry, "[METHODS ]scheme://host[:port][/path]". METHODS: "GET,POST" or "*"; without them
/// GET and HEAD. host: a name, an address, "*.example.com" (its subdomains), "*" (any). port:
/// without it the scheme's own; "*": any. path: without it any; else exactly this one, or, ending
/// in "*", all that begin so.
struct AllowRule {
  std::vector<std::string> methods;  // empty: any
  std::string scheme;
  std::string host;
  std::optional<std::uint16_t> port;  // nothing: any
  std::string path;                   // empty: any
  bool is_prefix = false;

  bool allows(const Url& url, std::string_view method) const;
};

Result<AllowRule> parse_allow_rule(std::string_view text);

/// A value. Empty: nothing is allowed.
class AllowList {
 public:
  AllowList() = default;
  explicit AllowList(std::vector<AllowRule> rules) : rules_(std::move(rules)) {}
  bool allows(const Url& url, std::string_view method) const;
  bool is_empty() const { return rules_.empty(); }

 private:
  std::vector<AllowRule> rules_;
};

/// Reads `key`, a list of entries; those of other schemes are refused.
AllowList read_allow(actor::SettingsReader& reader, std::span<const std::string_view> schemes,
                     std::string_view key = "allow");

enum class PrivateAddresses : std::uint8_t { kRefused, kAllowed };
/// Reads the key `private_addresses`.
PrivateAddresses read_private_addresses(actor::SettingsReader& reader);

/// Reads the key `tls_authorities`: a PEM file, relative to the manifest, of authorities that are
/// trusted beside the system's.
io::TlsTrust read_trust(actor::SettingsReader& reader, const actor::Setting& table);

}  // namespace theater::hosts::outbound
