// The file-watch family: watch. WIT: wit/file-watch.wit.
#pragma once

#include <memory>

#include "host/family.h"

namespace theater::hosts::file_watch {

std::unique_ptr<host::Family> make_family();

}  // namespace theater::hosts::file_watch
