// The timer family: its functions and its grant.
#include "hosts/timer/family.h"

#include "hosts/timer/instance.h"

namespace theater::hosts::timer {

namespace {

Result<Limits> parse(const actor::Setting& grant) {
  actor::SettingsReader reader(grant, "grants.timer");
  Limits limits;
  host::read_limits(reader, kLimitFields, limits);
  TRY_OK(reader.finish());
  return limits;
}

class TimerFamily final : public host::Family {
 public:
  TimerFamily() {
    constexpr auto kTimer = chain::OutputClass::kTimer;
    binding_.effect<&Instance::after, &Instance::arm_after>("after", kTimer)
        .folded<&Instance::fold_after>()
        .effect<&Instance::every, &Instance::arm_every>("every", kTimer)
        .folded<&Instance::fold_every>()
        .effect<&Instance::at, &Instance::arm_at>("at", kTimer)
        .folded<&Instance::fold_at>()
        .effect<&Instance::cancel, static_cast<void (Instance::*)(std::string_view)>(
                                       &Instance::disarm)>("cancel", kTimer)
        .folded<&Instance::fold_cancel>();
    host::describe<Payload>(binding_.info(), "timer", actor::HandlerNeed::kRequired);
  }

  const actor::FamilyInfo& info() const override { return binding_.info(); }

  Status check_grant(const actor::Setting& grant) const override {
    TRY_OK(parse(grant));
    return {};
  }

  Result<std::unique_ptr<actor::FamilyInstance>> create(
      const actor::Setting& grant, const host::Context& context) const override {
    TRY(const Limits limits, parse(grant));
    return std::make_unique<Instance>(binding_, limits, context);
  }

 private:
  host::Binding<Instance> binding_;
};

}  // namespace

std::unique_ptr<host::Family> make_family() { return std::make_unique<TimerFamily>(); }

}  // namespace theater::hosts::timer
