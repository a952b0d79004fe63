// environment::Instance: the variables one actor may see.
#pragma once

#include <optional>
#include <string>

#include "host/family.h"
#include "hosts/environment/grant.h"
#include "io/environment.h"

namespace theater::hosts::environment {

/// One actor's, on its shard. `variables` belongs to the family and never changes. Holds no
/// resources: its census is always empty.
class Instance final : public host::BoundInstance<Instance> {
 public:
  struct Parts {
    const host::Binding<Instance>& binding;
    const io::Environment& variables;
    Grant grant;
  };
  Instance(Parts parts, const host::Context& context);

  // Host functions.
  std::optional<std::string> get(std::string_view name);

  void settle(actor::Settlement) override {}
  actor::EventSource* events() override { return nullptr; }
  Bytes save() const override { return {}; }
  Status load(ByteSpan) override { return {}; }
  Status fold_event(ByteSpan) override { return {}; }
  Status recover() override { return {}; }
  void stop(actor::StopMode mode) override;
  actor::Census census() const override { return {}; }
  void measure(actor::Figures& figures) const override;

 private:
  const io::Environment& variables_;
  const Grant grant_;
  actor::ActorPort& actor_;
  std::uint64_t reads_ = 0, not_granted_ = 0;
};

}  // namespace theater::hosts::environment
