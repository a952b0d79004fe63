// The terminal family: its functions and its grant.
#include "hosts/terminal/family.h"

#include <utility>

#include "host/bound_family.h"
#include "hosts/terminal/instance.h"

namespace theater::hosts::terminal {

namespace {

class TerminalFamily final : public host::BoundFamily<Instance, Grant> {
 public:
  explicit TerminalFamily(KeeperProgram keeper)
      : BoundFamily(&parse_grant), keeper_(std::move(keeper)) {
    binding()
        .effect<&Instance::write, &Instance::perform_write>("write", chain::OutputClass::kWrite)
        .effect<&Instance::set_raw, &Instance::perform_set_raw>("set-raw",
                                                                chain::OutputClass::kResource)
        .read<&Instance::size>("size");
    host::describe<Payload>(binding().info(), "terminal", actor::HandlerNeed::kRequired);
  }

 protected:
  Result<std::unique_ptr<actor::FamilyInstance>> make(Grant grant,
                                                      const host::Context& context) const override {
    return std::make_unique<Instance>(InstanceSetup{binding(), owners_, keeper_, std::move(grant)},
                                      context);
  }

 private:
  const KeeperProgram keeper_;
  mutable Owners owners_;  // has a lock of its own
};

}  // namespace

std::unique_ptr<host::Family> make_family(KeeperProgram keeper) {
  return std::make_unique<TerminalFamily>(std::move(keeper));
}

}  // namespace theater::hosts::terminal
