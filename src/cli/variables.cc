// --var NAME=VALUE over the environment.
#include "cli/variables.h"

#include <string_view>

extern char** environ;

namespace theater::cli {

Result<actor::Variables> read_variables(const std::vector<std::string>& assignments) {
  actor::Variables variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    variables.insert_or_assign(std::string(text.substr(0, equals)),
                               std::string(text.substr(equals + 1)));
  }
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
