// Settings: reading and checking.
#include "hosts/listener/settings.h"

#include "host/grant_text.h"

namespace theater::hosts::listener {

std::string read_listen(actor::SettingsReader& reader) {
  std::string listen = reader.required_text("listen");
  if (const Status good = io::check_address(listen); !listen.empty() && !good) {
    reader.refuse("listen", good.error().message);
  }
  return listen;
}

std::string read_path(actor::SettingsReader& reader) {
  std::string path = reader.text("path", "/");
  if (!path.starts_with('/') || path.find('?') != std::string::npos) {
    reader.refuse("path", "must begin with / and have no ?");
  }
  return path;
}

std::optional<std::string> read_folder(actor::SettingsReader& reader, const actor::Setting& table) {
  const auto folder = reader.optional_text("static");
  if (!folder) return std::nullopt;
  return host::beside_manifest(table, *folder);
}

std::optional<TlsFiles> read_tls(actor::SettingsReader& reader, const actor::Setting& table) {
  const auto certificate = reader.optional_text("tls_certificate");
  const auto key = reader.optional_text("tls_key");
  if (certificate.has_value() != key.has_value()) {
    reader.refuse(certificate ? "tls_certificate" : "tls_key",
                  "needs tls_certificate and tls_key together");
  }
  if (!certificate || !key) return std::nullopt;
  return TlsFiles{host::beside_manifest(table, *certificate), host::beside_manifest(table, *key)};
}

}  // namespace theater::hosts::listener
