// Grant: the table [grants.websocket-client] of a manifest.
#pragma once

#include <memory>

#include "actor/settings.h"
#include "hosts/outbound/allow_list.h"
#include "hosts/outbound/dialer.h"
#include "hosts/websocket_client/limits.h"
#include "io/tls_authorities.h"

namespace theater::hosts::websocket_client {

struct Grant {
  outbound::AllowList allow;
  outbound::PrivateAddresses private_addresses = outbound::PrivateAddresses::kRefused;
  io::TlsTrust trust;
  std::shared_ptr<const io::TlsAuthorities> authorities;  // of trust, once they are read; shared
  bool deflate = false;
  bool reconnect = false;
  Limits limits;
};

/// Paths are relative to the manifest.
Result<Grant> parse_grant(const actor::Setting& table);

}  // namespace theater::hosts::websocket_client
