// The operation family: its functions; it has no grant.
#include "hosts/operation/family.h"

#include "host/bound_family.h"
#include "hosts/operation/instance.h"

namespace theater::hosts::operation {

namespace {

/// Instances are made with an empty table; one that a manifest holds has a key.
Result<std::monostate> parse(const actor::Setting& grant) {
  if (grant.key.empty()) {
    TRY_OK(actor::SettingsReader(grant, "grants.operation").finish());
    return std::monostate();
  }
  return fail(Code::kInvalid,
              "{}: operation needs no grant: it serves the operations of granted families; remove "
              "the table",
              grant.place());
}

class OperationFamily final : public host::BoundFamily<Instance, std::monostate> {
 public:
  OperationFamily() : BoundFamily(&parse) {
    constexpr auto kOperation = chain::OutputClass::kOperation;
    binding()
        .read<&Instance::status>("status")
        .read<&Instance::pending>("pending")
        .effect<&Instance::more, &Instance::perform_more>("more", kOperation)
        .folded<&Instance::fold_more>()
        .about_first()
        .effect<&Instance::cancel, &Instance::perform_cancel>("cancel", kOperation)
        .folded<&Instance::fold_cancel>()
        .about_first()
        .read<&Instance::collect>("collect")
        .effect<&Instance::watch, &Instance::perform_watch>("watch", kOperation)
        .folded<&Instance::fold_watch>()
        .about_first();
    host::describe<Payload>(binding().info(), "operation", actor::HandlerNeed::kOptional);
    binding().info().grant_need = actor::GrantNeed::kOperations;
  }
};

}  // namespace

std::unique_ptr<host::Family> make_family() { return std::make_unique<OperationFamily>(); }

}  // namespace theater::hosts::operation
