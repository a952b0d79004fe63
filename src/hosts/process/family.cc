// The process family: its functions and its grant.
#include "hosts/process/family.h"

#include "host/bound_family.h"
#include "hosts/process/instance.h"

namespace theater::hosts::process {

namespace {

class ProcessFamily final : public host::BoundFamily<Instance, Grant> {
 public:
  ProcessFamily() : BoundFamily(&parse_grant) {
    binding()
        .operation<&Instance::check_spawn, &Instance::begin>("spawn")
        .effect<&Instance::check_write, &Instance::write>("write-stdin", chain::OutputClass::kWrite)
        .about_first()
        .effect<&Instance::check_signal, &Instance::signal>("signal",
                                                            chain::OutputClass::kOperation)
        .about_first();
    host::describe<Payload>(binding().info(), "process", actor::HandlerNeed::kRequired);
  }
};

}  // namespace

std::unique_ptr<host::Family> make_family() { return std::make_unique<ProcessFamily>(); }

}  // namespace theater::hosts::process
