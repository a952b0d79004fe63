// Variables of manifests: from the environment and from --var.
#pragma once

#include <string>
#include <vector>

#include "actor/settings.h"
#include "base/result.h"

namespace theater::cli {

/// The process's environment, overlaid with `assignments` of the form NAME=VALUE.
Result<actor::Variables> read_variables(const std::vector<std::string>& assignments);

}  // namespace theater::cli
