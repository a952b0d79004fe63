// What [grants.file-watch] says.
#pragma once

#include <map>
#include <string>

#include "hosts/file_watch/limits.h"

namespace theater::hosts::file_watch {

struct Grant {
  std::map<std::string, std::string, std::less<>> roots;  // name to directory, as to be opened
  Limits limits;
};

/// Names file, line and key of a mistake. Whether the directories exist is seen when they are
/// watched.
Result<Grant> parse_grant(const actor::Setting& table);

}  // namespace theater::hosts::file_watch
