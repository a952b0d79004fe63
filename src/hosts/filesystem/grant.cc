// Grant: reading and checking.
#include "hosts/filesystem/grant.h"

#include "host/grant_text.h"
#include "host/granted_folders.h"

namespace theater::hosts::filesystem {

namespace {

struct Key {
  std::string_view name;
  Right right;
};

void read_folders(actor::SettingsReader& reader, const actor::Setting& table, const Key& key,
                  Grant& grant) {
  const actor::Setting* const folders = reader.table(key.name);
  if (folders == nullptr) return;
  for (const actor::Setting& folder : folders->items) {
    if (folder.kind != actor::Setting::Kind::kText || !host::is_folder_name(folder.key)) {
      reader.refuse(key.name, fmt::format("{} must be a name and a directory", folder.key));
    }
    const bool is_new =
        grant.folders
            .try_emplace(folder.key, Folder{host::beside_manifest(table, folder.text), key.right})
            .second;
    if (!is_new) reader.refuse(key.name, fmt::format("names {} a second time", folder.key));
  }
}

}  // namespace

Result<Grant> parse_grant(const actor::Setting& table) {
  actor::SettingsReader reader(table, "grants.filesystem");
  Grant grant;
  read_folders(reader, table, {"read", Right::kRead}, grant);
  read_folders(reader, table, {"change", Right::kReadAndChange}, grant);
  host::read_limits(reader, kLimitFields, grant.limits);
  TRY_OK(reader.finish());
  if (grant.folders.empty() || grant.folders.size() > host::kFoldersMax) {
    return fail(
        Code::kInvalid,
        "{}: grants.filesystem must name 1 to {} directories: read = {{ notes = \"notes\" }}",
        table.place(), host::kFoldersMax);
  }
  return grant;
}

}  // namespace theater::hosts::filesystem
