// The conformance set holds of questions about operations: what is asked of one happens once it is
// durable, and a restart tells it again.
#include <map>

#include "host/conformance/suite.h"
#include "hosts/operation/family.h"

namespace theater::host::conformance {
namespace {

/// The operations of an actor's other families: four, which note what is asked of them.
class Desk final : public actor::OperationPort {
 public:
  using Notes = std::vector<std::tuple<std::uint64_t, std::uint64_t, bool>>;

  std::optional<actor::OperationStatus> status(OperationId id) const override {
    const auto found = operations_.find(id.value);
    if (found == operations_.end()) return std::nullopt;
    return actor::OperationStatus{actor::OperationPhase::kRunning, found->second.credit};
  }
  void pending(std::vector<OperationId>& ids) const override {
    for (const auto& [id, asked] : operations_) ids.push_back({id});
  }
  Result<Bytes> collect(OperationId id, std::uint64_t offset,
                        std::uint64_t bytes_max) const override {
    const Bytes result(100, 'r');
    if (id.value != 1) return fail(Code::kNotFound, "nothing is kept of operation {}", id.value);
    if (offset > result.size()) return fail(Code::kInvalid, "it is shorter");
    return to_bytes(ByteSpan(result).subspan(offset).first(
        std::min<std::uint64_t>(bytes_max, result.size() - offset)));
  }
  void more(OperationId id, std::uint64_t credit) override { fold_more(id, credit); }
  void cancel(OperationId id) override { fold_cancel(id); }
  void delivered(OperationId) override {}
  Status fold_record(const actor::OperationPast&) override { return {}; }
  void fold_more(OperationId id, std::uint64_t credit) override {
    if (operations_.contains(id.value)) operations_[id.value].credit += credit;
  }
  void fold_cancel(OperationId id) override {
    if (operations_.contains(id.value)) operations_[id.value].is_cancelled = true;
  }
  void fold_delivered(OperationId) override {}
  void list(std::vector<actor::OperationView>&) const override {}

  void end_all() { operations_.clear(); }
  /// Of which something was asked.
  std::uint64_t asked() const {
    return static_cast<std::uint64_t>(std::ranges::count_if(operations_, [](const auto& operation) {
      return operation.second.credit > 0 || operation.second.is_cancelled;
    }));
  }
  Notes notes() const {
    Notes notes;
    for (const auto& [id, it] : operations_) notes.emplace_back(id, it.credit, it.is_cancelled);
    return notes;
  }
  void note(const Notes& notes) {
    operations_.clear();
    for (const auto& [id, credit, is_cancelled] : notes) operations_[id] = {credit, is_cancelled};
  }

 private:
  struct Asked {
    std::uint64_t credit = 0;
    bool is_cancelled = false;
  };
  std::map<std::uint64_t, Asked> operations_{{1, {}}, {2, {}}, {3, {}}, {4, {}}};
};

/// The family's instance, and a desk that stands for all others.
class AtDesk final : public actor::FamilyInstance {
 public:
  explicit AtDesk(std::unique_ptr<actor::FamilyInstance> inner) : inner_(std::move(inner)) {}
  const actor::FamilyInfo& info() const override { return inner_->info(); }
  actor::CallOutcome call(std::size_t function, ByteSpan arguments,
                          const actor::CallContext& context, Bytes& result) override {
    return inner_->call(function, arguments, context, result);
  }
  void settle(actor::Settlement settlement) override { inner_->settle(settlement); }
  void perform(const actor::Effect& effect) override { inner_->perform(effect); }
  actor::EventSource* events() override { return inner_->events(); }
  actor::OperationPort* operations() override { return &desk; }
  Bytes save() const override { return wasm::to_binary(desk.notes()); }
  Status load(ByteSpan saved) override {
    TRY(const Desk::Notes notes, wasm::from_binary<Desk::Notes>(saved));
    desk.note(notes);
    return {};
  }
  Status fold_effect(const actor::Effect& effect, WallTime time) override {
    return inner_->fold_effect(effect, time);
  }
  Status fold_event(ByteSpan event) override { return inner_->fold_event(event); }
  Status recover() override { return inner_->recover(); }
  void stop(actor::StopMode mode) override {
    desk.end_all();
    inner_->stop(mode);
  }
  actor::Census census() const override {
    actor::Census census = inner_->census();
    census.connections = desk.asked();
    return census;
  }

  Desk desk;

 private:
  std::unique_ptr<actor::FamilyInstance> inner_;
};

class DeskFamily final : public Family {
 public:
  const actor::FamilyInfo& info() const override { return family_->info(); }
  Status check_grant(const actor::Setting& grant) const override {
    return family_->check_grant(grant);
  }
  Result<std::unique_ptr<actor::FamilyInstance>> create(const actor::Setting& grant,
                                                        const Context& context) const override {
    TRY(auto inner, family_->create(grant, context));
    return std::make_unique<AtDesk>(std::move(inner));
  }

 private:
  std::unique_ptr<Family> family_ = hosts::operation::make_family();
};

Bytes id(std::uint64_t number) { return arguments_of(number); }
Bytes more(std::uint64_t number) { return arguments_of(number, std::uint32_t{10}); }
Bytes part(std::uint64_t number, std::uint64_t offset) {
  return arguments_of(number, offset, std::uint32_t{64});
}

struct OperationProvoker {
  static std::unique_ptr<Family> make() { return std::make_unique<DeskFamily>(); }
  static constexpr std::string_view kGrant;
  static constexpr std::uint64_t kBytesMax = 0;
  static std::vector<std::string_view> wrong_grants() { return {"pending_max = 3", "[cancel]"}; }

  static Step act(const std::string& function, const Bytes& arguments) {
    return {function,
            [function, arguments](Rehearsal& rehearsal) { rehearsal.act(function, arguments); }};
  }
  static std::vector<Call> calls() {
    return {{"status", id(1)},       {"pending", {}},   {"more", more(1)}, {"cancel", id(1)},
            {"collect", part(1, 0)}, {"cancel", id(9)}, {"more", more(9)}};
  }
  static std::vector<Step> script() {
    return {act("status", id(1)),        act("status", id(9)),         act("pending", {}),
            act("more", more(2)),        act("more", more(9)),         act("more", more(2)),
            act("cancel", id(3)),        act("cancel", id(3)),         act("cancel", id(9)),
            act("collect", part(1, 90)), act("collect", part(1, 200)), act("collect", part(2, 0))};
  }
  static void flood(Rehearsal& rehearsal) {
    for (std::uint64_t i = 0; i < 1000; ++i) rehearsal.act("cancel", id(100 + i));
  }
  /// Each answer says that there is none.
  static bool is_flood_told(Rehearsal& rehearsal) {
    return std::ranges::all_of(rehearsal.results, [](const Bytes& result) {
      return is_refusal(result, GuestCode::kNotFound);
    });
  }
  static void finish(Rehearsal& rehearsal) {
    static_cast<AtDesk&>(rehearsal.instance()).desk.end_all();
  }
  static std::vector<Step> faults() { return {{"the operations end", &finish}}; }
  static std::vector<Step> denied() { return {}; }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Operation, Conformance, OperationProvoker);
INSTANTIATE_TYPED_TEST_SUITE_P(Operation, Repeatable, OperationProvoker);

TEST(OperationFamily, ARestartTellsWhatWasAskedOfOperations) {
  const auto family = OperationProvoker::make();
  Rehearsal rehearsal(*family, OperationProvoker::kGrant);
  for (const Step& step : OperationProvoker::script()) step.run(rehearsal);
  EXPECT_EQ(rehearsal.instance().census().connections, 2u);
  const Bytes before = rehearsal.instance().save();
  rehearsal.crash(Nanoseconds(0));
  EXPECT_EQ(rehearsal.instance().save(), before);
}

}  // namespace
}  // namespace theater::host::conformance
