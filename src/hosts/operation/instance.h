// operation::Instance: one actor's questions about its operations, and which of them it watches.
#pragma once

#include <tuple>
#include <variant>
#include <vector>

#include "host/family.h"
#include "hosts/operation/watches.h"

namespace theater::hosts::operation {

/// One actor's, on its shard. Holds no operation: it asks the actor's other families.
class Instance final : public host::BoundInstance<Instance> {
 public:
  using Status = std::expected<std::tuple<actor::OperationPhase, std::uint64_t>, host::GuestError>;

  Instance(const host::Binding<Instance>& binding, std::monostate, const host::Context& context)
      : BoundInstance(binding),
        actor_(context.actor),
        watches_({context.services.executor, context.services.clock, context.actor}) {}

  // Host functions.
  Status status(std::uint64_t id);
  std::vector<std::uint64_t> pending();
  host::Outcome more(std::uint64_t id, std::uint32_t credit);
  host::Outcome cancel(std::uint64_t id);
  host::Data collect(std::uint64_t id, std::uint64_t offset, std::uint32_t bytes_max);
  host::Outcome watch(std::uint64_t id, std::uint32_t every_ms);

  // Their effects, and what a restart learns from them.
  void perform_more(std::uint64_t id, std::uint32_t credit);
  void perform_cancel(std::uint64_t id);
  void perform_watch(std::uint64_t id, std::uint32_t every_ms);
  void fold_more(std::uint64_t id, std::uint32_t credit);
  void fold_cancel(std::uint64_t id);
  void fold_watch(std::uint64_t id, std::uint32_t every_ms);

  void settle(actor::Settlement settlement) override;
  actor::EventSource* events() override { return &watches_; }
  Bytes save() const override;
  theater::Status load(ByteSpan saved) override;
  theater::Status fold_event(ByteSpan) override { return {}; }
  theater::Status recover() override {
    watches_.recover();
    return {};
  }
  void stop(actor::StopMode mode) override;
  actor::Census census() const override;
  void measure(actor::Figures& figures) const override;

 private:
  host::Outcome check_known(std::uint64_t id) const;
  actor::OperationPort& ports() const;

  actor::ActorPort& actor_;
  Watches watches_;
  std::size_t asked_ = 0;    // watches that are not performed yet,
  std::size_t settled_ = 0;  // and of them those that are committed
  bool is_stopped_ = false;
};

}  // namespace theater::hosts::operation

template <>
struct theater::wasm::WitLabels<theater::actor::OperationPhase> {
  static constexpr std::array<std::string_view, 6> kLabels{"queued", "running",   "done",
                                                           "failed", "cancelled", "interrupted"};
};
