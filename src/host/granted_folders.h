// GrantedFolders: directories that a grant names, and guests' paths into them.
//
// A guest says "notes" or "notes/2026/plan.md": the first part is the grant's name of a directory,
// the rest a place below it. Families that work on files share this, so that what one tells of, the
// other can read. Pure; whether a link leads out is the edge's question (io/beneath.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actor/settings.h"
#include "host/wit_types.h"

namespace theater::host {

inline constexpr std::size_t kFoldersMax = 64;
inline constexpr std::size_t kFolderNameBytesMax = 64;
inline constexpr std::size_t kPathBytesMax = 4000;  // the system's bound is 4,096

/// Whether a guest's path may call a directory so: 1 to 64 of letters, digits, '-', '_', '.', not
/// beginning with a dot.
bool is_folder_name(std::string_view name);

/// A guest's path, taken apart.
struct FolderPath {
  std::string_view folder;
  std::string_view rest;  // "" for the directory itself
};
/// `denied` for "..", an absolute path; `invalid` for empty or "." parts, zero bytes and what is
/// too long. Whether the folder is granted is asked next.
std::expected<FolderPath, GuestError> parse_folder_path(std::string_view path);

}  // namespace theater::host
