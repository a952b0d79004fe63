// Grant: the table [grants.tcp] of a manifest.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actor/settings.h"
#include "hosts/outbound/allow_list.h"
#include "hosts/tcp/limits.h"
#include "io/tls_authorities.h"

namespace theater::hosts::tcp {

/// One entry of `allow`, "HOST:PORT". HOST: a name, an address (IPv6 in brackets), "*.example.com"
/// (its subdomains) or "*" (any). PORT: a number or "*".
struct TargetRule {
  std::string host;
  std::optional<std::uint16_t> port;  // nothing: any

  bool allows(std::string_view to_host, std::uint16_t to_port) const;
};
Result<TargetRule> parse_target_rule(std::string_view text);

/// When a connection that was accepted begins with TLS, if the grant has a certificate.
enum class ServerTls : std::uint8_t { kAtOnce, kOnOrder };
/// Whether a connection is read before the guest says so.
enum class FirstMode : std::uint8_t { kActive, kPassive };

struct Grant {
  std::vector<TargetRule> allow;
  outbound::PrivateAddresses private_addresses = outbound::PrivateAddresses::kRefused;
  io::TlsTrust trust;
  std::shared_ptr<const io::TlsAuthorities> authorities;  // of trust, once they are read; shared
  std::optional<std::string> listen;
  std::optional<io::TlsFiles> tls;
  ServerTls server_tls = ServerTls::kAtOnce;
  FirstMode first_mode = FirstMode::kActive;
  std::vector<std::string> transfer_to;    // actors of this node; "*": any
  std::vector<std::string> transfer_from;  // the same
  Limits limits;

  bool allows(std::string_view host, std::uint16_t port) const;
};

/// Whether one of these lists names an actor.
bool names(const std::vector<std::string>& actors, std::string_view actor);

/// Paths are relative to the manifest.
Result<Grant> parse_grant(const actor::Setting& table);

}  // namespace theater::hosts::tcp
