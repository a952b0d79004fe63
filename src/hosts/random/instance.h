// random::Instance: bytes for one actor.
#pragma once

#include "host/family.h"
#include "hosts/random/grant.h"

namespace theater::hosts::random {

/// One actor's, on its shard. Holds no resources: its census is always empty.
class Instance final : public host::BoundInstance<Instance> {
 public:
  Instance(const host::Binding<Instance>& binding, const Grant& grant,
           const host::Context& context);

  // Host functions.
  host::Data get_bytes(actor::CallContext& context, std::uint32_t count);

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
  const Grant grant_;
  io::Random& random_;
  actor::ActorPort& actor_;
  std::uint64_t bytes_ = 0, refused_ = 0;
};

}  // namespace theater::hosts::random
