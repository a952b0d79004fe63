// The terminal family.
#pragma once

#include <memory>

#include "host/family.h"
#include "hosts/terminal/keeper.h"

namespace theater::hosts::terminal {

/// `keeper` is what runs as the keeper of a terminal; checks and replay need none.
std::unique_ptr<host::Family> make_family(KeeperProgram keeper);

}  // namespace theater::hosts::terminal
