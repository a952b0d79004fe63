// The environment family: get. WIT: wit/environment.wit.
#pragma once

#include <memory>

#include "host/family.h"
#include "io/environment.h"

namespace theater::hosts::environment {

/// `variables` is what its instances show of; copied.
std::unique_ptr<host::Family> make_family(const io::Environment& variables);

}  // namespace theater::hosts::environment
