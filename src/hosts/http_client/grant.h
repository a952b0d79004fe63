// Grant: the table [grants.http-client] of a manifest.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actor/settings.h"
#include "host/wit_types.h"
#include "hosts/http_client/limits.h"
#include "hosts/outbound/allow_list.h"
#include "io/tls_authorities.h"

namespace theater::hosts::http_client {

/// A header that the host adds to requests it is for, after they were recorded: the guest and its
/// chain never see the value.
struct Secret {
  std::string header;
  outbound::AllowRule where;
  std::string file;   // path
  std::string value;  // read when the actor starts
};

struct Grant {
  outbound::AllowList allow;
  outbound::AllowList reissue;  // sent again after a crash, whatever the method
  outbound::PrivateAddresses private_addresses = outbound::PrivateAddresses::kRefused;
  io::TlsTrust trust;
  std::shared_ptr<const io::TlsAuthorities> authorities;  // of trust, once they are read; shared
  std::vector<Secret> secrets;
  Limits limits;
};

/// Paths are relative to the manifest. Reads no file.
theater::Result<Grant> parse_grant(const actor::Setting& table);
/// Reads the secrets' files: one line each.
Status read_secrets(Grant& grant);

}  // namespace theater::hosts::http_client
