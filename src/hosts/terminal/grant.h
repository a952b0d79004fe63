// What [grants.terminal] says.
#pragma once

#include <string>

#include "actor/settings.h"
#include "hosts/terminal/limits.h"

namespace theater::hosts::terminal {

struct Grant {
  std::string device = "/dev/tty";  // the one that the node was started from
  Limits limits;
};

/// Names file, line and key of a mistake.
Result<Grant> parse_grant(const actor::Setting& table);

}  // namespace theater::hosts::terminal
