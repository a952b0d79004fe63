// From names and ids to actors.
#include "node/names.h"

#include <algorithm>
#include <span>
#include <vector>

#include "actor/manifest.h"

namespace theater::node {
namespace {

constexpr std::size_t kToldMax = 8;     // actors that a message names
constexpr std::size_t kDigitsTold = 8;  // of an id

std::string listed(std::span<const store::ActorSummary* const> actors) {
  std::string text;
  for (const store::ActorSummary* actor : actors.first(std::min(actors.size(), kToldMax))) {
    if (!text.empty()) text += ", ";
    text += fmt::format("{} ({})", name_of(*actor), actor->actor.hex().substr(0, kDigitsTold));
  }
  if (actors.size() <= kToldMax) return text;
  return text + fmt::format(" and {} others", actors.size() - kToldMax);
}

}  // namespace

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
  std::vector<const store::ActorSummary*> meant;
  for (const store::ActorSummary& actor : history.actors()) {
    if (!text.empty() && actor.actor.hex().starts_with(text)) meant.push_back(&actor);
    names += (names.empty() ? "" : ", ") + name_of(actor);
  }
  if (meant.size() == 1) return meant.front();
  if (meant.size() > 1) {
    return fail(Code::kInvalid, "{} begins the ids of {}; give more digits", text, listed(meant));
  }
  return fail(Code::kNotFound, "no actor is called {}; there are: {}", text,
              names.empty() ? "none" : names);
}

}  // namespace theater::node
