// The tcp family. WIT: wit/tcp.wit.
#pragma once

#include <memory>

#include "host/family.h"

namespace theater::hosts::tcp {

std::unique_ptr<host::Family> make_family();

}  // namespace theater::hosts::tcp
