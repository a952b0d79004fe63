// From names and ids to actors.
#include "node/names.h"

#include "actor/manifest.h"

namespace theater::node {

std::string name_of(const store::ActorSummary& actor) {
  const auto manifest = actor::parse_recorded_manifest(as_text(actor.manifest));
  return manifest ? manifest->name : actor.actor.hex();
}

const store::ActorSummary* find_by_name(const store::ActorHistory& history, std::string_view name) {
  const store::ActorSummary* found = nullptr;
  for (const store::ActorSummary& actor : history.actors()) {
    if (name_of(actor) == name) found = &actor;
  }
  return found;
}

Result<const store::ActorSummary*> find_actor(const store::ActorHistory& history,
                                              std::string_view text) {
  if (const auto* actor = find_by_name(history, text)) return actor;
  std::string names;
  for (const store::ActorSummary& actor : history.actors()) {
    if (!text.empty() && actor.actor.hex().starts_with(text)) return &actor;
    names += (names.empty() ? "" : ", ") + name_of(actor);
  }
  return fail(Code::kNotFound, "no actor is called {}; there are: {}", text,
              names.empty() ? "none" : names);
}

}  // namespace theater::node
