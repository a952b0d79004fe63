// environment::Instance: what is granted, and fit to be shown.
#include "hosts/environment/instance.h"

#include <utility>

namespace theater::hosts::environment {

Instance::Instance(Parts parts, const host::Context& context)
    : BoundInstance(parts.binding),
      variables_(parts.variables),
      grant_(std::move(parts.grant)),
      actor_(context.actor) {}

std::optional<std::string> Instance::get(std::string_view name) {
  ++reads_;
  if (!grant_.allows(name)) {
    ++not_granted_;
    return std::nullopt;
  }
  const auto found = variables_.find(name);
  if (found == variables_.end() || found->second.size() > grant_.limits.value_max) {
    return std::nullopt;
  }
  return found->second;
}

void Instance::stop(actor::StopMode mode) {
  if (mode == actor::StopMode::kDrain) actor_.drained();
}

void Instance::measure(actor::Figures& figures) const {
  figures.counter({"environment_reads_total", "Variables the actor asked for."}, reads_);
  figures.counter({"environment_not_granted_total", "Variables it asked for without a grant."},
                  not_granted_);
}

}  // namespace theater::hosts::environment
