// The timer family: its functions and its grant.
#include "hosts/timer/family.h"

#include "host/bound_family.h"
#include "hosts/timer/instance.h"

namespace theater::hosts::timer {

namespace {

Result<Limits> parse(const actor::Setting& grant) {
  return host::read_grant(grant, "grants.timer", kLimitFields);
}

class TimerFamily final : public host::BoundFamily<Instance, Limits> {
 public:
  TimerFamily() : BoundFamily(&parse) {
    constexpr auto kTimer = chain::OutputClass::kTimer;
    binding()
        .effect<&Instance::after, &Instance::arm_after>("after", kTimer)
        .folded<&Instance::fold_after>()
        .effect<&Instance::every, &Instance::arm_every>("every", kTimer)
        .folded<&Instance::fold_every>()
        .effect<&Instance::at, &Instance::arm_at>("at", kTimer)
        .folded<&Instance::fold_at>()
        .effect<&Instance::cancel, static_cast<void (Instance::*)(std::string_view)>(
                                       &Instance::disarm)>("cancel", kTimer)
        .folded<&Instance::fold_cancel>();
    host::describe<Payload>(binding().info(), "timer", actor::HandlerNeed::kRequired);
  }
};

}  // namespace

std::unique_ptr<host::Family> make_family() { return std::make_unique<TimerFamily>(); }

}  // namespace theater::hosts::timer
