// The terminal family.
#pragma once

#include <memory>

#include "host/family.h"

namespace theater::hosts::terminal {

std::unique_ptr<host::Family> make_family();

}  // namespace theater::hosts::terminal
