// Which variables a text of settings uses, whether they are set or not.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "actor/settings.h"

namespace theater::actor {

using VariableNames = std::set<std::string, std::less<>>;

/// parse_settings(), which also adds the name of each variable to `used`.
Result<Setting> parse_settings(std::string_view toml, std::string_view file,
                               const Variables& variables, VariableNames& used);

}  // namespace theater::actor
