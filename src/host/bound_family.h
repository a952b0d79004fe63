// BoundFamily: the part of a family that follows from its binding and the reader of its grant.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "host/family.h"

namespace theater::host {

/// A family whose instances are BoundInstances made from a grant. The derived class fills in
/// `binding()` in its constructor, and there or in make() says what else its instances need.
template <typename Instance, typename Grant>
class BoundFamily : public Family {
 public:
  const actor::FamilyInfo& info() const final { return binding_.info(); }

  Status check_grant(const actor::Setting& table) const final {
    TRY(Grant grant, parse_(table));
    return prepare(grant);
  }

  Result<std::unique_ptr<actor::FamilyInstance>> create(const actor::Setting& table,
                                                        const Context& context) const final {
    TRY(Grant grant, parse_(table));
    TRY_OK(prepare(grant));
    return make(std::move(grant), context);
  }

  std::vector<Place> places(const actor::Setting& table) const final {
    const Result<Grant> grant = parse_(table);
    return grant ? places_of(*grant) : std::vector<Place>{};
  }

 protected:
  /// Reads a table [grants.<family>]; names the place of a mistake.
  using Parse = Result<Grant> (*)(const actor::Setting& table);
  explicit BoundFamily(Parse parse) : parse_(parse) {}

  Binding<Instance>& binding() { return binding_; }
  const Binding<Instance>& binding() const { return binding_; }

  /// Adds to a grant what has to be read for it, which takes time: first when it is checked, before
  /// the actor starts; kept, so that the shard does not wait for it.
  virtual Status prepare(Grant&) const { return {}; }

  virtual std::vector<Place> places_of(const Grant&) const { return {}; }

  /// Makes an instance from binding, grant and context, which its constructor takes in this order.
  /// Overridden by families whose instances need more.
  virtual Result<std::unique_ptr<actor::FamilyInstance>> make(Grant grant,
                                                              const Context& context) const {
    using Made = Result<std::unique_ptr<actor::FamilyInstance>>;
    if constexpr (std::is_constructible_v<Instance, const Binding<Instance>&, Grant&&,
                                          const Context&>) {
      return Made(std::make_unique<Instance>(binding_, std::move(grant), context));
    } else {
      CHECK(false, "a family whose instances need more overrides make()");
      return Made(nullptr);
    }
  }

 private:
  const Parse parse_;
  Binding<Instance> binding_;
};

}  // namespace theater::host
