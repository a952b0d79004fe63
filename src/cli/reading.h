// Reading a data directory that a node may be using.
#pragma once

#include <memory>
#include <string>

#include "cli/command.h"
#include "store/actor_history.h"

namespace theater::cli {

/// The chains of `data`; while a node uses it, as far as they are durable, with all that was
/// acknowledged before the call.
Result<std::unique_ptr<store::ActorHistory>> open_history(
    Shell& shell, const std::string& data,
    store::ActorHistory::Load load = store::ActorHistory::Load::kSummaries);

/// From now on the calling thread lets others go first, if a node uses `data`; it still comes to
/// the end of what a busy node writes.
void give_way_to_node(Shell& shell, const std::string& data);

}  // namespace theater::cli
