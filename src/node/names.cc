// From names and ids to actors.
#include "node/names.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <span>
#include <vector>

#include "actor/manifest.h"

namespace theater::node {
namespace {

constexpr std::size_t kToldMax = 8;     // actors that a message names
constexpr std::size_t kDigitsTold = 8;  // of an id

/// The first of them, joined, and how many more there are.
std::string listed(const std::vector<std::string>& words) {
  const std::span<const std::string> told =
      std::span(words).first(std::min(words.size(), kToldMax));
  const std::string text = fmt::format("{}", fmt::join(told, ", "));
  if (words.size() <= kToldMax) return text;
  return text + fmt::format(" and {} others", words.size() - kToldMax);
}

}  // namespace

std::string name_of(const store::ActorSummary& actor) {
  const auto manifest = actor::parse_recorded_manifest(as_text(actor.manifest));
  return manifest ? manifest->name : actor.actor.hex();
}

std::string names_of(const store::ActorHistory& history) {
  std::vector<std::string> names;
  for (const store::ActorSummary& actor : history.actors()) names.push_back(name_of(actor));
  return names.empty() ? "none" : listed(names);
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
  const store::ActorSummary* found = nullptr;
  std::vector<std::string> meant;
  for (const store::ActorSummary& actor : history.actors()) {
    if (text.empty() || !actor.actor.hex().starts_with(text)) continue;
    found = &actor;
    meant.push_back(
        fmt::format("{} ({})", name_of(actor), actor.actor.hex().substr(0, kDigitsTold)));
  }
  if (meant.size() == 1) return found;
  if (meant.size() > 1) {
    return fail(Code::kInvalid, "{} begins the ids of {}; give more digits", text, listed(meant));
  }
  return fail(Code::kNotFound, "no actor is called {}; there are: {}", text, names_of(history));
}

}  // namespace theater::node
