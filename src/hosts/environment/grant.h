// What [grants.environment] says.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hosts/environment/limits.h"

namespace theater::hosts::environment {

struct Grant {
  std::vector<std::string> allow;     // whole names
  std::vector<std::string> prefixes;  // none is empty
  Limits limits;

  bool allows(std::string_view name) const;
};

/// Names file, line and key of a mistake.
Result<Grant> parse_grant(const actor::Setting& table);

}  // namespace theater::hosts::environment
