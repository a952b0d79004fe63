// Grant: reading and checking.
#include "hosts/redis/grant.h"

#include <algorithm>
#include <charconv>

#include "host/grant_text.h"
#include "hosts/outbound/url.h"
#include "hosts/redis/rules.h"
#include "io/posix_file.h"

namespace theater::hosts::redis {

namespace {

constexpr std::int64_t kDatabaseMost = 65'535;

/// "HOST:PORT" or "[V6]:PORT".
bool parse_address(std::string_view text, ServerGrant& server) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  std::string_view host = text.substr(0, colon);
  const bool is_bracketed = host.starts_with('[') && host.ends_with(']');
  if (is_bracketed) host = host.substr(1, host.size() - 2);
  server.host = host;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, server.port);
  const bool has_port = error == std::errc{} && stop == end && server.port > 0;
  return has_port && outbound::is_host(host) &&
         is_bracketed == (host.find(':') != std::string_view::npos);
}

Result<ServerGrant> parse_server(const actor::Setting& table) {
  actor::SettingsReader reader(table, "grants.redis.servers." + table.key);
  ServerGrant server;
  server.name = table.key;
  if (!host::is_resource_name(server.name))
    reader.refuse("address", "has a name that is not [a-z0-9_-]{1,64}");
  if (!parse_address(reader.required_text("address"), server)) {
    reader.refuse("address", "is not HOST:PORT");
  }
  server.tls = reader.boolean("tls").value_or(false);
  server.trust = outbound::read_trust(reader, table);
  if (server.trust.authorities_file && !server.tls) {
    reader.refuse("tls_authorities", "needs tls = true");
  }
  server.user = reader.text("user", "");
  if (const auto file = reader.optional_text("password_file")) {
    server.password_file = host::beside_manifest(table, *file);
  }
  if (!server.user.empty() && server.password_file.empty()) {
    reader.refuse("user", "needs password_file");
  }
  server.database = static_cast<std::uint32_t>(reader.integer("database", 0, {0, kDatabaseMost}));
  for (const std::string& name : reader.texts("commands")) {
    server.commands.push_back(upper(as_bytes(name)));
    if (!may_be_granted(server.commands.back())) {
      reader.refuse("commands", fmt::format("has \"{}\", which no grant can allow", name));
    }
  }
  server.channels = reader.texts("channels");
  const auto publish = std::ranges::find_if(server.commands, publishes);
  if (server.channels.empty() && publish != server.commands.end()) {
    reader.refuse("commands",
                  fmt::format("has \"{}\", and channels does not say where to: name them, "
                              "or \"*\" for all",
                              *publish));
  }
  TRY_OK(reader.finish());
  return server;
}

}  // namespace

Result<Grant> parse_grant(const actor::Setting& table) {
  actor::SettingsReader reader(table, "grants.redis");
  Grant grant;
  if (const actor::Setting* servers = reader.table("servers")) {
    for (const actor::Setting& entry : servers->items) {
      if (entry.kind != actor::Setting::Kind::kTable) {
        reader.refuse("servers", fmt::format("has \"{}\", not a table", entry.key));
        break;
      }
      TRY(ServerGrant server, parse_server(entry));
      grant.servers.push_back(std::move(server));
    }
  }
  if (grant.servers.empty() || grant.servers.size() > kServersMax) {
    reader.refuse("servers", fmt::format("must name 1 to {} servers", kServersMax));
  }
  host::read_limits(reader, kLimitFields, grant.limits);
  TRY_OK(reader.finish());
  return grant;
}

Status read_passwords(Grant& grant) {
  const auto files = io::make_posix_file_system();
  for (ServerGrant& server : grant.servers) {
    if (server.password_file.empty()) continue;
    TRY(const Bytes content, io::read_file(*files, server.password_file, kPasswordBytesMax));
    std::string_view text = as_text(content);
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    if (text.empty()) return fail(Code::kInvalid, "{} is empty", server.password_file);
    server.password = text;
  }
  return {};
}

}  // namespace theater::hosts::redis
