// Paths and names in grants.
#include "host/grant_text.h"

#include <algorithm>
#include <filesystem>

namespace theater::host {

std::string beside_manifest(const actor::Setting& table, std::string_view path) {
  return (std::filesystem::path(table.file).parent_path() / path).string();
}

bool is_resource_name(std::string_view name) {
  const auto is_good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !name.empty() && name.size() <= kResourceNameBytesMax &&
         std::ranges::all_of(name, is_good);
}

}  // namespace theater::host
