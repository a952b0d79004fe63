// operation::Instance: one actor's questions about its operations.
#pragma once

#include <tuple>
#include <variant>
#include <vector>

#include "host/family.h"

namespace theater::hosts::operation {

/// One actor's, on its shard. Holds nothing: it asks the actor's other families.
class Instance final : public host::BoundInstance<Instance> {
 public:
  using Status = std::expected<std::tuple<actor::OperationPhase, std::uint64_t>, host::GuestError>;

  Instance(const host::Binding<Instance>& binding, std::monostate, const host::Context& context)
      : BoundInstance(binding), actor_(context.actor) {}

  // Host functions.
  Status status(std::uint64_t id);
  std::vector<std::uint64_t> pending();
  host::Outcome more(std::uint64_t id, std::uint32_t credit);
  host::Outcome cancel(std::uint64_t id);
  host::Data collect(std::uint64_t id, std::uint64_t offset, std::uint32_t bytes_max);

  // Their effects, and what a restart learns from them.
  void perform_more(std::uint64_t id, std::uint32_t credit);
  void perform_cancel(std::uint64_t id);
  void fold_more(std::uint64_t id, std::uint32_t credit);
  void fold_cancel(std::uint64_t id);

  void settle(actor::Settlement) override {}
  actor::EventSource* events() override { return nullptr; }
  Bytes save() const override { return {}; }
  theater::Status load(ByteSpan) override { return {}; }
  theater::Status fold_event(ByteSpan) override { return {}; }
  theater::Status recover() override { return {}; }
  void stop(actor::StopMode mode) override {
    if (mode == actor::StopMode::kDrain) actor_.drained();
  }
  actor::Census census() const override { return {}; }

 private:
  host::Outcome check_known(std::uint64_t id) const;
  actor::OperationPort& ports() const;

  actor::ActorPort& actor_;
};

}  // namespace theater::hosts::operation

template <>
struct theater::wasm::WitLabels<theater::actor::OperationPhase> {
  static constexpr std::array<std::string_view, 6> kLabels{"queued", "running",   "done",
                                                           "failed", "cancelled", "interrupted"};
};
