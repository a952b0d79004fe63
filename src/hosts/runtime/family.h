// The runtime family: log, self, now, stop. WIT: wit/runtime.wit.
#pragma once

#include <memory>

#include "host/family.h"

namespace theater::hosts::runtime {

std::unique_ptr<host::Family> make_family();

}  // namespace theater::hosts::runtime
