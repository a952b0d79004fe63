// The timer family: after, every, at, cancel. WIT: wit/timer.wit.
#pragma once

#include <memory>

#include "host/family.h"

namespace theater::hosts::timer {

std::unique_ptr<host::Family> make_family();

}  // namespace theater::hosts::timer
