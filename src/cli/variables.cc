// --var NAME=VALUE over the environment.
#include "cli/variables.h"

#include <fmt/ranges.h>

#include "io/environment.h"

namespace theater::cli {

Result<actor::Variables> read_variables(const std::vector<std::string>& assignments) {
  actor::Variables variables = io::process_environment();
  for (const std::string& text : assignments) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return fail(Code::kInvalid, "--var {}: write it as NAME=VALUE", text);
    }
    variables.insert_or_assign(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

Status check_variables(const std::vector<std::string>& assignments,
                       const std::vector<actor::Manifest>& manifests) {
  actor::VariableNames used;
  for (const actor::Manifest& manifest : manifests) {
    used.insert(manifest.variables.begin(), manifest.variables.end());
  }
  for (const std::string& text : assignments) {
    const std::string name = text.substr(0, text.find('='));
    if (used.contains(name)) continue;
    if (used.empty()) return fail(Code::kInvalid, "--var {}: no manifest uses a variable", name);
    return fail(Code::kInvalid, "--var {}: no manifest uses it; what is used: {}", name,
                fmt::join(used, ", "));
  }
  return {};
}

}  // namespace theater::cli
