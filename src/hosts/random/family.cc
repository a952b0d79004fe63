// The random family: its function and its grant.
#include "hosts/random/family.h"

#include "hosts/random/instance.h"

namespace theater::hosts::random {

namespace {

class RandomFamily final : public host::Family {
 public:
  RandomFamily() {
    binding_.read<&Instance::get_bytes>("get-bytes");
    binding_.info().name = "random";
    binding_.info().interface_name = "theater:actor/random@0.1.0";
  }

  const actor::FamilyInfo& info() const override { return binding_.info(); }

  Status check_grant(const actor::Setting& grant) const override {
    TRY_OK(parse_grant(grant));
    return {};
  }

  Result<std::unique_ptr<actor::FamilyInstance>> create(
      const actor::Setting& grant, const host::Context& context) const override {
    TRY(const Grant parsed, parse_grant(grant));
    return std::make_unique<Instance>(binding_, parsed, context);
  }

 private:
  host::Binding<Instance> binding_;
};

}  // namespace

std::unique_ptr<host::Family> make_family() { return std::make_unique<RandomFamily>(); }

}  // namespace theater::hosts::random
