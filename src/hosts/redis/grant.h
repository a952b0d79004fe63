// Grant: the table [grants.redis] of a manifest.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actor/settings.h"
#include "hosts/outbound/dialer.h"
#include "hosts/redis/limits.h"
#include "io/tls_authorities.h"

namespace theater::hosts::redis {

/// One server that the actor may use by its name.
struct ServerGrant {
  std::string name;
  std::string host;
  std::uint16_t port = 0;
  bool tls = false;
  io::TlsTrust trust;
  std::shared_ptr<const io::TlsAuthorities> authorities;  // of trust, if tls; shared
  std::string user;                                       // empty: the server's default user
  std::string password_file;                              // path; empty: no password
  std::string password;                                   // read when the actor starts
  std::uint32_t database = 0;
  std::vector<std::string> commands;  // upper case; "*": all that are harmless
  std::vector<std::string> channels;  // names; ending in "*": all that begin so
};

struct Grant {
  std::vector<ServerGrant> servers;
  Limits limits;
};

/// Paths are relative to the manifest. Reads no file.
Result<Grant> parse_grant(const actor::Setting& table);
/// Reads the passwords' files: one line each.
Status read_passwords(Grant& grant);

}  // namespace theater::hosts::redis
