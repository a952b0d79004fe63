// PostgresTarget: what a connection string and its grant say of the way to the server.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/guest_error.h"
#include "hosts/database/grant.h"

namespace theater::hosts::database {

/// A value.
struct PostgresTarget {
  std::string host;  // a name to be resolved; empty: libpq knows where (a socket, an address)
  std::string sslmode;
  std::string authorities;  // a file; empty: whatever libpq takes, which asks for none
};

/// Reads it. TLS is what the grant says, else what the string says (but for `allow` and `prefer`,
/// which go plain without a word), else verify-full, or off where the server is this machine.
std::expected<PostgresTarget, host::GuestError> read_target(const std::string& connection,
                                                            std::optional<PostgresTls> tls,
                                                            const std::string& authorities);

/// Every numeric address of a host, at most kAddressesMax. Blocks.
Result<std::vector<std::string>> resolve_all(const std::string& host);

}  // namespace theater::hosts::database
