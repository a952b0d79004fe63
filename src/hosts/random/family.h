// The random family: get-bytes. WIT: wit/random.wit.
#pragma once

#include <memory>

#include "host/family.h"

namespace theater::hosts::random {

std::unique_ptr<host::Family> make_family();

}  // namespace theater::hosts::random
