// The conformance set holds of questions about operations: what is asked of one happens once it is
// durable, and a restart tells it again. What is watched tells how far it is: the newest, no more
// often than asked for, never after its end.
#include <map>

#include "host/conformance/suite.h"
#include "hosts/operation/family.h"
#include "hosts/operation/payload.h"

namespace theater::host::conformance {
namespace {

/// The operations of an actor's other families: four, which note what is asked of them.
class Desk final : public actor::OperationPort {
 public:
  using Notes = std::vector<std::tuple<std::uint64_t, std::uint64_t, bool>>;

  std::optional<actor::OperationStatus> status(OperationId id) const override {
    const auto found = operations_.find(id.value);
    if (found == operations_.end()) return std::nullopt;
    return actor::OperationStatus{found->second.phase, found->second.credit, kTotal};
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
  void begin_again(OperationId) override {}
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
  /// Its last event waits for the guest.
  void end(std::uint64_t id) { operations_[id].phase = actor::OperationPhase::kDone; }
  /// There are so many.
  void fill(std::uint64_t count) {
    for (std::uint64_t id = 1; id <= count; ++id) operations_.try_emplace(id);
  }
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
    for (const auto& [id, credit, is_cancelled] : notes) {
      operations_[id].credit = credit;
      operations_[id].is_cancelled = is_cancelled;
    }
  }

 private:
  struct Asked {
    std::uint64_t credit = 0;
    bool is_cancelled = false;
    actor::OperationPhase phase = actor::OperationPhase::kRunning;
  };
  static constexpr std::uint64_t kTotal = 1000;
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
  Bytes save() const override { return wasm::to_binary(std::tuple{desk.notes(), inner_->save()}); }
  Status load(ByteSpan saved) override {
    using Saved = std::tuple<Desk::Notes, Bytes>;
    TRY(const Saved parts, wasm::from_binary<Saved>(saved));
    desk.note(std::get<0>(parts));
    return inner_->load(std::get<1>(parts));
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
  void measure(actor::Figures& figures) const override { inner_->measure(figures); }

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
Bytes watch(std::uint64_t number, std::uint32_t every_ms) { return arguments_of(number, every_ms); }
Bytes part(std::uint64_t number, std::uint64_t offset) {
  return arguments_of(number, offset, std::uint32_t{64});
}

constexpr Nanoseconds kSecond = std::chrono::seconds(1);

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
    return {{"status", id(1)}, {"pending", {}},         {"more", more(1)},
            {"cancel", id(1)}, {"collect", part(1, 0)}, {"cancel", id(9)},
            {"more", more(9)}, {"watch", watch(1, 10)}, {"watch", watch(9, 10)}};
  }
  static std::vector<Step> script() {
    const Step pass{"a second", [](Rehearsal& rehearsal) { rehearsal.pass(kSecond); }};
    return {act("status", id(1)),
            act("status", id(9)),
            act("pending", {}),
            act("watch", watch(2, 100)),
            act("watch", watch(9, 100)),
            act("watch", watch(4, 0)),
            act("more", more(2)),
            act("more", more(9)),
            act("more", more(2)),
            pass,
            act("cancel", id(3)),
            act("cancel", id(3)),
            act("watch", watch(3, 50)),
            act("more", more(3)),
            pass,
            act("cancel", id(9)),
            act("watch", watch(2, 300)),
            act("collect", part(1, 90)),
            act("collect", part(1, 200)),
            act("collect", part(2, 0))};
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
  /// All move on, so that what is watched is told of once more.
  static void finish(Rehearsal& rehearsal) {
    Desk& desk = static_cast<AtDesk&>(rehearsal.instance()).desk;
    for (std::uint64_t id = 1; id <= 4; ++id) desk.more({id}, 1);
    rehearsal.pass(kSecond);
  }
  /// They go on: what is watched is looked at.
  static bool is_at_rest(const actor::Census& census) {
    return census.timers <= 1 && census.operations == 0 && census.bytes == 0;
  }
  static void end(Rehearsal& rehearsal) {
    static_cast<AtDesk&>(rehearsal.instance()).desk.end_all();
  }
  static std::vector<Step> faults() { return {{"the operations end", &end}}; }
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

/// A life with its desk, and what it is told of as "ID DONE/TOTAL".
struct Watching {
  std::unique_ptr<Family> family = OperationProvoker::make();
  Rehearsal rehearsal{*family, OperationProvoker::kGrant};

  Desk& desk() { return static_cast<AtDesk&>(rehearsal.instance()).desk; }
  GuestCode refused(std::uint64_t id, std::uint32_t every_ms) {
    const auto answer = *wasm::from_binary<Outcome>(rehearsal.act("watch", watch(id, every_ms)));
    return answer ? GuestCode{} : answer.error().code;
  }
  std::vector<std::string> take() {
    std::vector<std::string> lines;
    for (const Bytes& bytes : rehearsal.take_all()) {
      const auto event = *wasm::from_binary<Event<hosts::operation::Payload>>(bytes);
      lines.push_back(
          fmt::format("{} {}/{}", event.id, event.payload.done, event.payload.total.value_or(0)));
    }
    return lines;
  }
  /// One that is watched each 100 ms has moved so much; so much time passes.
  void move(std::uint64_t id, std::uint64_t bytes, std::int64_t milliseconds) {
    desk().more({id}, bytes);
    rehearsal.pass(Milliseconds(milliseconds));
  }
};
using Told = std::vector<std::string>;

TEST(OperationProgress, OneEventWaitsAndItIsTheNewest) {
  Watching it;
  it.rehearsal.act("watch", watch(1, 100));
  EXPECT_EQ(it.take(), Told{}) << "it has not moved";
  it.move(1, 10, 99);
  EXPECT_EQ(it.take(), Told{}) << "not so soon";
  it.move(1, 10, 1);
  for (int i = 0; i < 50; ++i) it.move(1, 1, 100);
  it.move(1, 5, 0);
  EXPECT_EQ(it.take(), Told{"1 75/1000"}) << "as it is when it is taken";
  it.rehearsal.pass(kSecond);
  EXPECT_EQ(it.take(), Told{}) << "nothing has changed";
}

TEST(OperationProgress, ItIsToldNoMoreOftenThanAskedFor) {
  Watching it;
  it.rehearsal.act("watch", watch(1, 100));
  std::size_t count = 0;
  for (int i = 0; i < 1000; ++i) {
    it.move(1, 1, 1);
    count += it.take().size();
  }
  EXPECT_EQ(count, 10u);
}

TEST(OperationProgress, NothingIsToldOnceItHasEnded) {
  Watching it;
  it.rehearsal.act("watch", watch(1, 100));
  it.rehearsal.act("watch", watch(2, 100));
  it.move(2, 3, 0);
  it.move(1, 10, 100);
  EXPECT_TRUE(it.rehearsal.instance().events()->has_events());
  it.desk().end(1);  // its last event waits for the guest, as its progress does
  EXPECT_EQ(it.take(), Told{"2 3/1000"});
  it.move(1, 10, 1000);
  EXPECT_EQ(it.take(), Told{});
  it.desk().end(2);
  it.rehearsal.pass(kSecond);
  EXPECT_TRUE(it.rehearsal.instance().census().timers == 0) << "nothing is looked at any more";
}

TEST(OperationProgress, WhoStopsWatchingIsToldNothing) {
  Watching it;
  it.rehearsal.act("watch", watch(1, 100));
  it.move(1, 10, 100);
  it.rehearsal.act("watch", watch(1, 0));
  EXPECT_FALSE(it.rehearsal.instance().events()->has_events());
  it.rehearsal.act("watch", watch(1, 100));
  it.move(1, 10, 100);
  EXPECT_EQ(it.take(), Told{"1 20/1000"}) << "once";
}

TEST(OperationProgress, ACrashKeepsWhatIsWatched) {
  Watching it;
  it.rehearsal.act("watch", watch(1, 100));
  it.rehearsal.act("watch", watch(2, 100));
  it.rehearsal.act("watch", watch(2, 0));
  it.move(1, 10, 100);
  it.rehearsal.crash(kSecond);  // before it was told
  EXPECT_EQ(it.take(), Told{});
  it.move(1, 7, 0);
  it.move(2, 7, 100);
  EXPECT_EQ(it.take(), Told{"1 7/1000"}) << "as the operation says that goes on";
}

TEST(OperationProgress, WatchesAreBounded) {
  Watching it;
  it.desk().fill(2000);
  EXPECT_EQ(it.refused(1, 9), GuestCode::kInvalid);
  EXPECT_EQ(it.refused(1, 3'600'001), GuestCode::kInvalid);
  EXPECT_EQ(it.refused(9999, 100), GuestCode::kNotFound);
  std::vector<Bytes> answers;
  for (std::uint64_t id = 1; id <= 1500; ++id) {
    answers.push_back(it.rehearsal.call("watch", watch(id, 100)));
  }
  it.rehearsal.discard();
  EXPECT_EQ(std::ranges::count_if(answers,
                                  [](const Bytes& it) { return is_refusal(it, GuestCode::kFull); }),
            1500 - 1024);
  for (std::uint64_t id = 1; id <= 1024; ++id) it.rehearsal.act("watch", watch(id, 100));
  EXPECT_EQ(it.refused(1025, 100), GuestCode::kFull);
  EXPECT_EQ(it.refused(1024, 200), GuestCode{}) << "it is watched already";
  EXPECT_EQ(it.refused(1025, 0), GuestCode{});
}

}  // namespace
}  // namespace theater::host::conformance
