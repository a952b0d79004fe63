// Deadlines: folds the starts into instances and asks them.
#include "replay/open_deadlines.h"

#include <algorithm>

namespace theater::replay {
namespace {

WallTime since_of(const OpenItem& item) { return WallTime{Microseconds(item.since_us)}; }

/// Tells the instance of the starts, and asks what it makes of them.
void ask(actor::FamilyInstance& instance, std::size_t family, std::span<OpenItem> items) {
  for (const OpenItem& item : items) {
    if (item.start.family != family || item.what != OpenItem::What::kOperation) continue;
    const actor::Effect start{item.start.function, item.start.arguments, item.id, {}, 0};
    if (!instance.fold_effect(start, since_of(item))) return;
  }
  std::vector<actor::OperationView> views;
  instance.operations()->list(views);
  for (const actor::OperationView& view : views) {
    const auto found = std::ranges::find(items, view.id.value, &OpenItem::id);
    if (found == items.end() || !view.deadline) continue;
    found->deadline_us = view.deadline->microseconds();
  }
}

}  // namespace

void add_deadlines(const actor::Manifest& manifest, const actor::FamilySet& families,
                   actor::ActorPort& actor, std::span<OpenItem> items) {
  for (OpenItem& item : items) {
    if (item.what != OpenItem::What::kWait) continue;
    item.deadline_us = (since_of(item) + manifest.limits.instance.deadline).microseconds();
  }
  const auto infos = families.infos();
  for (std::size_t family = 0; family < infos.size(); ++family) {
    const auto is_its = [&](const OpenItem& item) {
      return item.what == OpenItem::What::kOperation && item.start.family == family;
    };
    if (!infos[family]->has_operations || std::ranges::none_of(items, is_its)) continue;
    const actor::Setting* grant = manifest.find_grant(infos[family]->name);
    if (grant == nullptr) continue;
    const auto instance = families.create(family, *grant, actor);
    if (!instance) continue;
    ask(**instance, family, items);
    (*instance)->stop(actor::StopMode::kKill);
  }
}

}  // namespace theater::replay
