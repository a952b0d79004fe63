// The process family: spawn, write-stdin, signal. WIT: wit/process.wit.
#pragma once

#include <memory>

#include "host/family.h"

namespace theater::hosts::process {

std::unique_ptr<host::Family> make_family();

}  // namespace theater::hosts::process
