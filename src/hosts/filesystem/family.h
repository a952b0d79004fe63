// The filesystem family: read-wait, list-wait, change. WIT: wit/filesystem.wit.
#pragma once

#include <memory>

#include "host/family.h"

namespace theater::hosts::filesystem {

std::unique_ptr<host::Family> make_family();

}  // namespace theater::hosts::filesystem
