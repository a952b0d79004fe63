// What [grants.filesystem] says.
#pragma once

#include <map>
#include <string>

#include "hosts/filesystem/limits.h"

namespace theater::hosts::filesystem {

enum class Right : std::uint8_t { kRead, kReadAndChange };

struct Folder {
  std::string directory;  // as to be opened
  Right right = Right::kRead;
};

struct Grant {
  std::map<std::string, Folder, std::less<>> folders;  // by the name guests use
  Limits limits;
};

/// Names file, line and key of a mistake. Whether the directories exist is seen when they are used.
Result<Grant> parse_grant(const actor::Setting& table);

}  // namespace theater::hosts::filesystem
