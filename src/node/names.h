// Names: which actor of a data directory people mean.
#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "store/actor_history.h"

namespace theater::node {

/// The name in an actor's current manifest; its id if the manifest was removed.
std::string name_of(const store::ActorSummary& actor);

/// The names of the actors there are, for people: "chat, echo", "none"; of many the first ones.
std::string names_of(const store::ActorHistory& history);

/// The newest actor of this name; nullptr if there is none.
const store::ActorSummary* find_by_name(const store::ActorHistory& history, std::string_view name);

/// By name, by id or by the first digits of an id. Refuses with the names there are; kInvalid: the
/// digits begin more than one id.
Result<const store::ActorSummary*> find_actor(const store::ActorHistory& history,
                                              std::string_view text);

}  // namespace theater::node
