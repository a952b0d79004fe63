// Watchdog: instances in front of the families' own.
#include "host/watchdog.h"

#include <utility>

namespace theater::host {
namespace {

constexpr std::size_t kMebibyte = 1024 * 1024;

/// Passes on all of FamilyInstance; what may take time is timed.
class WatchedInstance final : public actor::FamilyInstance {
 public:
  WatchedInstance(std::unique_ptr<actor::FamilyInstance> instance, const Watchdog::Report& report)
      : instance_(std::move(instance)), report_(report) {}

  const actor::FamilyInfo& info() const override { return instance_->info(); }
  actor::CallOutcome call(std::size_t function, ByteSpan arguments,
                          const actor::CallContext& context, Bytes& result) override {
    const Timed timed(*this, name_of(function), arguments.size());
    return instance_->call(function, arguments, context, result);
  }
  void settle(actor::Settlement settlement) override {
    const Timed timed(*this, "settle");
    instance_->settle(settlement);
  }
  void handled(const actor::EventBatch& events, const actor::HandledEnd& end) override {
    const Timed timed(*this, "handled");
    instance_->handled(events, end);
  }
  void perform(const actor::Effect& effect) override {
    const Timed timed(*this, name_of(effect.function), effect.arguments.size());
    instance_->perform(effect);
  }
  actor::EventSource* events() override { return instance_->events(); }
  actor::OperationPort* operations() override { return instance_->operations(); }

  std::size_t list_requests(std::vector<actor::RequestView>& views,
                            std::size_t most) const override {
    const Timed timed(*this, "list-requests");
    return instance_->list_requests(views, most);
  }
  Bytes save() const override {
    const Timed timed(*this, "save");
    return instance_->save();
  }
  Status load(ByteSpan saved) override { return instance_->load(saved); }
  Status fold_effect(const actor::Effect& effect, WallTime time) override {
    return instance_->fold_effect(effect, time);
  }
  Status fold_event(ByteSpan event) override { return instance_->fold_event(event); }
  Status recover() override {
    const Timed timed(*this, "recover");
    return instance_->recover();
  }

  void expect_stop(actor::EndReason reason) override {
    const Timed timed(*this, "expect-stop");
    instance_->expect_stop(reason);
  }
  bool has_parting_event() const override { return instance_->has_parting_event(); }
  void stop(actor::StopMode mode) override {
    const Timed timed(*this, "stop");
    instance_->stop(mode);
  }
  void release_memory() override { instance_->release_memory(); }
  actor::Census census() const override { return instance_->census(); }
  void measure(actor::Figures& figures) const override {
    const Timed timed(*this, "measure");
    instance_->measure(figures);
  }

 private:
  class Timed {
   public:
    Timed(const WatchedInstance& watched, std::string_view function, std::size_t bytes = 0)
        : watched_(watched),
          function_(function),
          longest_(kHoldMax + kHoldPerMebibyte * bytes / kMebibyte),
          begun_(watched.held_.mark()) {}
    ~Timed() {
      const Nanoseconds time = watched_.held_.since(begun_);
      if (time > longest_) watched_.report_({watched_.info().name, function_, time});
    }
    Timed(const Timed&) = delete;
    Timed& operator=(const Timed&) = delete;

   private:
    const WatchedInstance& watched_;
    const std::string_view function_;
    const Nanoseconds longest_;
    const io::HeldTime::Mark begun_;
  };

  std::string_view name_of(std::size_t function) const {
    const auto& calls = info().calls;
    return function < calls.size() ? std::string_view(calls[function].name) : "answers";
  }

  const std::unique_ptr<actor::FamilyInstance> instance_;
  const Watchdog::Report& report_;
  const io::HeldTime held_;
};

}  // namespace

Result<std::unique_ptr<actor::FamilyInstance>> Watchdog::create(std::size_t family,
                                                                const actor::Setting& grant,
                                                                actor::ActorPort& actor) const {
  TRY(auto instance, families_.create(family, grant, actor));
  return std::make_unique<WatchedInstance>(std::move(instance), report_);
}

}  // namespace theater::host
