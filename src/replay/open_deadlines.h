// Deadlines of open operations, which stand in no event: the families say them, from the grant and
// the arguments of the start, as they do after a restart.
#pragma once

#include <span>

#include "actor/host_port.h"
#include "actor/manifest.h"
#include "replay/open_work.h"

namespace theater::replay {

/// Fills them in. `families` makes instances that are never opened; their actor is `actor`. Grants
/// that do not work here (a secret that only the node has) leave theirs out.
void add_deadlines(const actor::Manifest& manifest, const actor::FamilySet& families,
                   actor::ActorPort& actor, std::span<OpenItem> items);

}  // namespace theater::replay
