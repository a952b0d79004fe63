// The operation family: status, pending, more, cancel, collect, watch. WIT: wit/operation.wit.
#pragma once

#include <memory>

#include "host/family.h"

namespace theater::hosts::operation {

std::unique_ptr<host::Family> make_family();

}  // namespace theater::hosts::operation
