// The environment family: granted variables of the node's process.
#pragma once

#include <string_view>

#include "theater/actor.h"

namespace theater::environment {

/// The variable as it was when the node started; none if it is not set or not granted. The view is
/// valid until the invocation ends.
inline wit::Option<wit::String> get(std::string_view name) { return actor::environment::get(name); }

inline std::string_view get_or(std::string_view name, std::string_view otherwise) {
  const auto value = get(name);
  return value ? std::string_view(*value) : otherwise;
}

}  // namespace theater::environment
