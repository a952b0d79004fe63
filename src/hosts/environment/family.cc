// The environment family: its function and its grant.
#include "hosts/environment/family.h"

#include "hosts/environment/instance.h"
#include "wasm/utf8.h"

namespace theater::hosts::environment {

namespace {

/// What can be a WIT string at all.
io::Environment only_utf8(const io::Environment& variables) {
  io::Environment valid;
  for (const auto& [name, value] : variables) {
    if (wasm::is_valid_utf8(as_bytes(value))) valid.emplace(name, value);
  }
  return valid;
}

class EnvironmentFamily final : public host::Family {
 public:
  explicit EnvironmentFamily(const io::Environment& variables) : variables_(only_utf8(variables)) {
    binding_.read<&Instance::get>("get");
    binding_.info().name = "environment";
    binding_.info().interface_name = "theater:actor/environment@0.1.0";
  }

  const actor::FamilyInfo& info() const override { return binding_.info(); }

  Status check_grant(const actor::Setting& grant) const override {
    TRY_OK(parse_grant(grant));
    return {};
  }

  Result<std::unique_ptr<actor::FamilyInstance>> create(
      const actor::Setting& grant, const host::Context& context) const override {
    TRY(Grant parsed, parse_grant(grant));
    return std::make_unique<Instance>(Instance::Parts{binding_, variables_, std::move(parsed)},
                                      context);
  }

 private:
  const io::Environment variables_;
  host::Binding<Instance> binding_;
};

}  // namespace

std::unique_ptr<host::Family> make_family(const io::Environment& variables) {
  return std::make_unique<EnvironmentFamily>(variables);
}

}  // namespace theater::hosts::environment
