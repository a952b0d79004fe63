// PostgresTarget: reading connection strings; names to addresses.
#include "hosts/database/postgres_options.h"

#include <libpq-fe.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "hosts/database/limits.h"
#include "io/endpoint.h"

namespace theater::hosts::database {

namespace {

using host::GuestCode;

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using ConnectionOptions = std::unique_ptr<PQconninfoOption, FreeOptions>;

/// Where systems keep whom they trust, in one file.
constexpr const char* kSystemAuthorities[] = {
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"};

std::string value_of(const PQconninfoOption* options, std::string_view keyword) {
  for (const auto* it = options; it->keyword != nullptr; ++it) {
    if (it->keyword == keyword && it->val != nullptr) return it->val;
  }
  return "";
}

std::unexpected<host::GuestError> refuse(std::string message) {
  return std::unexpected(
      host::GuestError{GuestCode::kInvalid, "", std::move(message), std::nullopt});
}

/// By what is written, not by what a resolver says of it.
bool is_this_machine(std::string_view host) {
  if (host.empty() || host.starts_with('/') || host.starts_with('@')) return true;  // a socket
  const auto address = io::IpAddress::parse(std::string(host));
  return host == "localhost" || (address && (address->text() == "::1" || host.starts_with("127.")));
}

std::string_view word_of(PostgresTls tls) {
  switch (tls) {
    case PostgresTls::kOff:
      return "disable";
    case PostgresTls::kRequire:
      return "require";
    case PostgresTls::kVerifyFull:
      break;
  }
  return "verify-full";
}

std::string system_authorities() {
  const auto* const found = std::ranges::find_if(
      kSystemAuthorities, [](const char* file) { return ::access(file, R_OK) == 0; });
  return found == std::end(kSystemAuthorities) ? kSystemAuthorities[0] : *found;
}

}  // namespace

std::expected<PostgresTarget, host::GuestError> read_target(const std::string& connection,
                                                            std::optional<PostgresTls> tls,
                                                            const std::string& authorities) {
  char* problem = nullptr;
  const ConnectionOptions given(PQconninfoParse(connection.c_str(), &problem));
  const std::unique_ptr<char, decltype(&PQfreemem)> owned(problem, &PQfreemem);
  PostgresTarget target;
  target.host = given ? value_of(given.get(), "host") : "";
  // libpq's message would show the secret.
  if (!given || target.host.contains(','))
    return refuse("the connection string is not one server's");
  const std::string address = value_of(given.get(), "hostaddr");
  const bool is_local = is_this_machine(address.empty() ? target.host : address);
  target.sslmode = value_of(given.get(), "sslmode");
  if (tls) {
    target.sslmode = word_of(*tls);
  } else if (target.sslmode.empty()) {
    target.sslmode = word_of(is_local ? PostgresTls::kOff : PostgresTls::kVerifyFull);
  } else if (target.sslmode == "allow" || target.sslmode == "prefer") {
    return refuse("sslmode=" + target.sslmode + " may go without TLS; say which in the grant: tls");
  }
  target.authorities = authorities.empty() ? value_of(given.get(), "sslrootcert") : authorities;
  if (target.authorities.empty() && target.sslmode.starts_with("verify")) {
    target.authorities = system_authorities();
  }
  if (!address.empty() || target.host.starts_with('/') || target.host.starts_with('@')) {
    target.host.clear();
  }
  return target;
}

Result<std::vector<std::string>> resolve_all(const std::string& host) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int result = ::getaddrinfo(host.c_str(), nullptr, &wanted, &found);
  if (result != 0) return fail(Code::kNotFound, "{}: {}", host, ::gai_strerror(result));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
  std::vector<std::string> addresses;
  for (const addrinfo* it = found; it != nullptr && addresses.size() < kAddressesMax;
       it = it->ai_next) {
    char text[NI_MAXHOST];
    const int named =
        ::getnameinfo(it->ai_addr, it->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
    if (named == 0) addresses.emplace_back(text);
  }
  if (addresses.empty()) return fail(Code::kNotFound, "{} has no address", host);
  return addresses;
}

}  // namespace theater::hosts::database
