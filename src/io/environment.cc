// The process's variables.
#include "io/environment.h"

#include <string_view>

extern char** environ;

namespace theater::io {

Environment process_environment() {
  Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    environment.insert_or_assign(std::string(text.substr(0, equals)),
                                 std::string(text.substr(equals + 1)));
  }
  return environment;
}

}  // namespace theater::io
