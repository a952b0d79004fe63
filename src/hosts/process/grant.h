// What [grants.process] says.
#pragma once

#include <map>
#include <string>

#include "hosts/process/limits.h"

namespace theater::hosts::process {

struct Grant {
  std::map<std::string, std::string, std::less<>> programs;     // name to absolute path
  std::map<std::string, std::string, std::less<>> directories;  // name to directory
  std::map<std::string, std::string> environment;               // all that programs get
  Limits limits;
};

/// Names file, line and key of a mistake. Whether the programs exist is seen when they are started.
Result<Grant> parse_grant(const actor::Setting& table);

}  // namespace theater::hosts::process
