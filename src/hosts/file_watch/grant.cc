// Grant: reading and checking.
#include "hosts/file_watch/grant.h"

#include "host/grant_text.h"
#include "host/granted_folders.h"

namespace theater::hosts::file_watch {

Result<Grant> parse_grant(const actor::Setting& table) {
  actor::SettingsReader reader(table, "grants.file-watch");
  Grant grant;
  const actor::Setting* const roots = reader.table("roots");
  if (roots == nullptr || roots->items.empty() || roots->items.size() > host::kFoldersMax) {
    reader.refuse("roots", fmt::format("must name 1 to {} directories: {{ notes = \"notes\" }}",
                                       host::kFoldersMax));
  } else {
    for (const actor::Setting& root : roots->items) {
      if (root.kind != actor::Setting::Kind::kText || !host::is_folder_name(root.key)) {
        reader.refuse("roots", fmt::format("{} must be a name and a directory", root.key));
      }
      grant.roots.insert_or_assign(root.key, host::beside_manifest(table, root.text));
    }
  }
  host::read_limits(reader, kLimitFields, grant.limits);
  TRY_OK(reader.finish());
  return grant;
}

}  // namespace theater::hosts::file_watch
