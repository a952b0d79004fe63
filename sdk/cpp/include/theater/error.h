// Errors of host calls as text for people.
#pragma once

#include <string>

#include "theater/bindings.h"
#include "theater/text.h"

namespace theater {

/// What to decide by.
using Code = actor::types::Code;

/// "denied: example.com has a private address".
inline std::string describe(const actor::types::Error& error) {
  if (error.message.empty()) return std::string(name_of(error.code));
  return concat(name_of(error.code), ": ", error.message);
}

}  // namespace theater
