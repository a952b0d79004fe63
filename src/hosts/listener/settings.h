// Settings: the keys that the grants of serving families share: listen, path, static, tls_*.
#pragma once

#include <optional>
#include <string>

#include "actor/settings.h"
#include "hosts/listener/address.h"

namespace theater::hosts::listener {

/// The required address.
std::string read_listen(actor::SettingsReader& reader);
/// The path, "/" if none is given.
std::string read_path(actor::SettingsReader& reader);
/// The static folder. Paths of files are relative to the manifest.
std::optional<std::string> read_folder(actor::SettingsReader& reader, const actor::Setting& table);
std::optional<TlsFiles> read_tls(actor::SettingsReader& reader, const actor::Setting& table);

}  // namespace theater::hosts::listener
