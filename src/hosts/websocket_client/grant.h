// Grant: the table [grants.websocket-client] of a manifest.
#pragma once

#include "actor/settings.h"
#include "hosts/outbound/allow_list.h"
#include "hosts/outbound/dialer.h"
#include "hosts/websocket_client/limits.h"
#include "io/tls.h"

namespace theater::hosts::websocket_client {

struct Grant {
  outbound::AllowList allow;
  outbound::PrivateAddresses private_addresses = outbound::PrivateAddresses::kRefused;
  io::TlsTrust trust;
  bool deflate = false;
  bool reconnect = false;
  Limits limits;
};

/// Paths are relative to the manifest.
Result<Grant> parse_grant(const actor::Setting& table);

}  // namespace theater::hosts::websocket_client
