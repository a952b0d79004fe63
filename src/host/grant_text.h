// What texts of a grant may be: paths beside the manifest, names of what is granted.
#pragma once

#include <string>
#include <string_view>

#include "actor/settings.h"

namespace theater::host {

inline constexpr std::size_t kResourceNameBytesMax = 64;

/// A path of the grant `table`: what is not absolute starts where the manifest is.
std::string beside_manifest(const actor::Setting& table, std::string_view path);
/// Of a database, of a server: [a-z0-9_-], 1 to kResourceNameBytesMax bytes.
bool is_resource_name(std::string_view name);

}  // namespace theater::host
