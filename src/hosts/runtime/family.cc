// The runtime family: its functions and its grant.
#include "hosts/runtime/family.h"

#include "hosts/runtime/instance.h"

namespace theater::hosts::runtime {

namespace {

Result<Limits> parse(const actor::Setting& grant) {
  actor::SettingsReader reader(grant, "grants.runtime");
  Limits limits;
  host::read_limits(reader, kLimitFields, limits);
  TRY_OK(reader.finish());
  return limits;
}

class RuntimeFamily final : public host::Family {
 public:
  RuntimeFamily() {
    binding_.effect<&Instance::log, &Instance::write_log>("log", chain::OutputClass::kLog)
        .read<&Instance::self>("self")
        .read<&Instance::now>("now")
        .effect<&Instance::stop_actor, &Instance::perform_stop>("stop",
                                                                chain::OutputClass::kLifecycle);
    host::describe<Payload>(binding_.info(), "runtime", actor::HandlerNeed::kOptional);
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

std::unique_ptr<host::Family> make_family() { return std::make_unique<RuntimeFamily>(); }

}  // namespace theater::hosts::runtime
