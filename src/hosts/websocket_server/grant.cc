// Grant: reading and checking.
#include "hosts/websocket_server/grant.h"

#include <algorithm>
#include <filesystem>

#include "io/network.h"

namespace theater::hosts::websocket_server {

namespace {

std::string beside_manifest(const actor::Setting& table, const std::string& path) {
  const std::filesystem::path given(path);
  if (given.is_absolute()) return path;
  return (std::filesystem::path(table.file).parent_path() / given).string();
}

std::optional<TlsFiles> read_tls(actor::SettingsReader& reader, const actor::Setting& table) {
  const auto certificate = reader.optional_text("tls_certificate");
  const auto key = reader.optional_text("tls_key");
  if (certificate.has_value() != key.has_value()) {
    reader.refuse(certificate ? "tls_certificate" : "tls_key",
                  "needs tls_certificate and tls_key together");
  }
  if (!certificate || !key) return std::nullopt;
  return TlsFiles{beside_manifest(table, *certificate), beside_manifest(table, *key)};
}

/// Bounds that depend on each other: any message that may come in may also go out.
void fit(actor::SettingsReader& reader, Limits& limits) {
  if (limits.out_low >= limits.out_high) reader.refuse("out_low", "must be below out_high");
  if (limits.ping >= limits.idle) reader.refuse("ping", "must be shorter than idle");
  // A quarter of the queue stays free above its high mark: one message fits.
  limits.queue_bytes = std::max(limits.queue_bytes, 4 * limits.message_max + 64 * 1024);
  limits.out_hard = std::max({limits.out_hard, limits.out_high, limits.message_max + 64});
}

}  // namespace

Result<Grant> parse_grant(const actor::Setting& table) {
  actor::SettingsReader reader(table, "grants.websocket-server");
  Grant grant;
  grant.listen = reader.required_text("listen");
  if (const Status good = io::check_address(grant.listen); !grant.listen.empty() && !good) {
    reader.refuse("listen", good.error().message);
  }
  grant.path = reader.text("path", "/");
  if (!grant.path.starts_with('/') || grant.path.find('?') != std::string::npos) {
    reader.refuse("path", "must begin with / and have no ?");
  }
  grant.origins = reader.texts("origins");
  grant.subprotocols = reader.texts("subprotocols");
  constexpr std::string_view kAccepts[] = {"auto", "ask"};
  grant.accept = static_cast<Accept>(reader.choice("accept", kAccepts, 0));
  constexpr std::string_view kSlow[] = {"gap", "close"};
  grant.slow_subscriber = static_cast<SlowSubscriber>(reader.choice("slow_subscriber", kSlow, 0));
  if (const auto folder = reader.optional_text("static")) {
    grant.static_folder = beside_manifest(table, *folder);
  }
  grant.tls = read_tls(reader, table);
  grant.deflate = reader.boolean("deflate").value_or(false);
  host::read_limits(reader, kLimitFields, grant.limits);
  fit(reader, grant.limits);
  TRY_OK(reader.finish());
  return grant;
}

}  // namespace theater::hosts::websocket_server
