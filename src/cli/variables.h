// Variables of manifests: from the environment and from --var.
#pragma once

#include <string>
#include <vector>

#include "actor/manifest.h"
#include "base/result.h"

namespace theater::cli {

/// The process's environment, overlaid with `assignments` of the form NAME=VALUE.
Result<actor::Variables> read_variables(const std::vector<std::string>& assignments);
/// Refuses an assignment whose variable none of `manifests` uses: it would be without effect.
Status check_variables(const std::vector<std::string>& assignments,
                       const std::vector<actor::Manifest>& manifests);

}  // namespace theater::cli
