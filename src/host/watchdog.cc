// Watchdog: instances in front of the families' own.
#include "host/watchdog.h"

#include <utility>

#include "host/watched_services.h"

namespace theater::host {
namespace {

/// Passes on all of FamilyInstance; what may take time is timed.
class WatchedInstance final : public actor::FamilyInstance {
 public:
  WatchedInstance(std::unique_ptr<actor::FamilyInstance> instance, const HoldWatch& watch)
      : instance_(std::move(instance)), watch_(watch) {}

  const actor::FamilyInfo& info() const override { return instance_->info(); }
  actor::CallOutcome call(std::size_t function, ByteSpan arguments,
                          const actor::CallContext& context, Bytes& result) override {
    const HoldWatch::Timed timed(watch_, name_of(function), arguments.size());
    return instance_->call(function, arguments, context, result);
  }
  void settle(actor::Settlement settlement) override {
    const HoldWatch::Timed timed(watch_, "settle");
    instance_->settle(settlement);
  }
  void handled(const actor::EventBatch& events, const actor::HandledEnd& end) override {
    const HoldWatch::Timed timed(watch_, "handled");
    instance_->handled(events, end);
  }
  void perform(const actor::Effect& effect) override {
    const HoldWatch::Timed timed(watch_, name_of(effect.function), effect.arguments.size());
    instance_->perform(effect);
  }
  actor::EventSource* events() override { return instance_->events(); }
  actor::OperationPort* operations() override { return instance_->operations(); }

  std::size_t list_requests(std::vector<actor::RequestView>& views,
                            std::size_t most) const override {
    const HoldWatch::Timed timed(watch_, "list-requests");
    return instance_->list_requests(views, most);
  }
  Bytes save() const override {
    const HoldWatch::Timed timed(watch_, "save");
    return instance_->save();
  }
  Status load(ByteSpan saved) override { return instance_->load(saved); }
  Status fold_effect(const actor::Effect& effect, WallTime time) override {
    return instance_->fold_effect(effect, time);
  }
  Status fold_event(ByteSpan event) override { return instance_->fold_event(event); }
  Status recover() override {
    const HoldWatch::Timed timed(watch_, "recover");
    return instance_->recover();
  }

  void expect_stop(actor::EndReason reason) override {
    const HoldWatch::Timed timed(watch_, "expect-stop");
    instance_->expect_stop(reason);
  }
  bool has_parting_event() const override { return instance_->has_parting_event(); }
  void stop(actor::StopMode mode) override {
    const HoldWatch::Timed timed(watch_, "stop");
    instance_->stop(mode);
  }
  void release_memory() override { instance_->release_memory(); }
  actor::Census census() const override { return instance_->census(); }
  void measure(actor::Figures& figures) const override {
    const HoldWatch::Timed timed(watch_, "measure");
    instance_->measure(figures);
  }

 private:
  std::string_view name_of(std::size_t function) const {
    const auto& calls = info().calls;
    return function < calls.size() ? std::string_view(calls[function].name) : "answers";
  }

  const std::unique_ptr<actor::FamilyInstance> instance_;
  const HoldWatch& watch_;
};

}  // namespace

/// Of one family.
struct Watchdog::Watched {
  Watched(std::string family, const Report& report, const Services& behind)
      : watch(std::move(family), report), services(behind, watch) {}
  const HoldWatch watch;
  const WatchedServices services;
};

Watchdog::Watchdog(Report report) : report_(std::move(report)) {}
Watchdog::~Watchdog() = default;

Result<std::unique_ptr<actor::FamilyInstance>> Watchdog::create(const Family& family,
                                                                const actor::Setting& grant,
                                                                const Context& context) {
  const Watched& watched = *watched_.emplace_back(
      std::make_unique<Watched>(family.info().name, report_, context.services));
  TRY(auto instance, family.create(grant, {watched.services.services(), context.actor}));
  return std::make_unique<WatchedInstance>(std::move(instance), watched.watch);
}

}  // namespace theater::host
