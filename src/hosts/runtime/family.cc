// The runtime family: its functions and its grant.
#include "hosts/runtime/family.h"

#include "host/bound_family.h"
#include "hosts/runtime/instance.h"

namespace theater::hosts::runtime {

namespace {

Result<Limits> parse(const actor::Setting& grant) {
  return host::read_grant(grant, "grants.runtime", kLimitFields);
}

class RuntimeFamily final : public host::BoundFamily<Instance, Limits> {
 public:
  RuntimeFamily() : BoundFamily(&parse) {
    binding()
        .effect<&Instance::log, &Instance::write_log>("log", chain::OutputClass::kLog)
        .read<&Instance::self>("self")
        .read<&Instance::now>("now")
        .effect<&Instance::stop_actor, &Instance::perform_stop>("stop",
                                                                chain::OutputClass::kLifecycle);
    host::describe<Payload>(binding().info(), "runtime", actor::HandlerNeed::kOptional);
  }
};

}  // namespace

std::unique_ptr<host::Family> make_family() { return std::make_unique<RuntimeFamily>(); }

}  // namespace theater::hosts::runtime
