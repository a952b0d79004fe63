// --var NAME=VALUE over the environment.
#include "cli/variables.h"

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

}  // namespace theater::cli
