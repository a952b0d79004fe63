// Names of folders and paths into them.
#include "host/granted_folders.h"

#include <algorithm>

namespace theater::host {

namespace {

bool is_name_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '-' || letter == '_' || letter == '.';
}

}  // namespace

bool is_folder_name(std::string_view name) {
  return !name.empty() && name.size() <= kFolderNameBytesMax && name.front() != '.' &&
         std::ranges::all_of(name, is_name_letter);
}

std::expected<FolderPath, GuestError> parse_folder_path(std::string_view path) {
  if (path.size() > kPathBytesMax) {
    return refuse(GuestCode::kInvalid, "a path has at most {} bytes", kPathBytesMax);
  }
  if (path.starts_with('/'))
    return refuse(GuestCode::kDenied, "a path begins with a folder's name");
  if (path.find('\0') != std::string_view::npos) {
    return refuse(GuestCode::kInvalid, "a path has no zero bytes");
  }
  for (std::string_view left = path;;) {
    const std::size_t slash = left.find('/');
    const std::string_view part = left.substr(0, slash);
    if (part == "..") return refuse(GuestCode::kDenied, "a path has no part \"..\"");
    if (part.empty() || part == ".") {
      return refuse(GuestCode::kInvalid, "a path has no empty part and no part \".\"");
    }
    if (slash == std::string_view::npos) break;
    left.remove_prefix(slash + 1);
  }
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return FolderPath{path, {}};
  return FolderPath{path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace theater::host
