// timer::Instance: one actor's timers.
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>

#include "base/fifo.h"
#include "host/event_queue.h"
#include "host/family.h"
#include "hosts/timer/limits.h"
#include "hosts/timer/machine.h"

namespace theater::hosts::timer {

/// The WIT record `payload`.
struct Payload {
  std::string name;
  std::uint64_t due_ns = 0;
  std::uint64_t missed = 0;
  static constexpr auto wit_members() {
    return std::tuple{wasm::field("name", &Payload::name), wasm::field("due-ns", &Payload::due_ns),
                      wasm::field("missed", &Payload::missed)};
  }
};

/// One actor's, on its shard. A timer exists from the moment its effect is performed until it
/// ticks (once), is replaced or cancelled. Guest calls see the timers as they will be when all
/// earlier calls have been performed.
class Instance final : public host::BoundInstance<Instance>, private host::QueueUser {
 public:
  Instance(const host::Binding<Instance>& binding, const Limits& limits,
           const host::Context& context);
  ~Instance() override;

  // Host functions.
  host::Outcome after(std::string_view name, std::uint64_t delay_ms);
  host::Outcome every(std::string_view name, std::uint64_t period_ms);
  host::Outcome at(std::string_view name, std::uint64_t unix_ns);
  bool cancel(std::string_view name);

  // Their effects, and what a restart learns from them.
  void arm_after(actor::Effect& effect, std::string_view name, std::uint64_t delay_ms);
  void arm_every(actor::Effect& effect, std::string_view name, std::uint64_t period_ms);
  void arm_at(actor::Effect& effect, std::string_view name, std::uint64_t unix_ns);
  void disarm(std::string_view name);
  void fold_after(host::PastEffect& past, std::string_view name, std::uint64_t delay_ms);
  void fold_every(host::PastEffect& past, std::string_view name, std::uint64_t period_ms);
  void fold_at(host::PastEffect& past, std::string_view name, std::uint64_t unix_ns);
  void fold_cancel(std::string_view name);

  void settle(actor::Settlement settlement) override;
  actor::EventSource* events() override { return &queue_; }
  Bytes save() const override;
  Status load(ByteSpan saved) override;
  Status fold_event(ByteSpan event) override;
  Status recover() override;
  void stop(actor::StopMode mode) override;
  void release_memory() override;
  actor::Census census() const override;
  void measure(actor::Figures& figures) const override;

 private:
  struct Timer {
    Plan plan;
    MonotonicTime due;                // of plan.due, once armed
    std::optional<io::TimerId> wait;  // the executor's timer
  };
  using Timers = std::map<std::string, Timer, std::less<>>;
  /// A call that has not been performed yet.
  struct Change {
    std::string name;
    bool arms = false;  // or disarms
  };

  host::Outcome accept(std::string_view name);
  bool is_armed(std::string_view name) const;
  std::size_t armed_count() const;
  void forget_change();
  void set(std::string_view name, Plan plan);
  void fold(std::string_view name, Plan plan);
  void arm(Timers::iterator timer);
  void disarm(Timers::iterator timer);
  void on_due(const std::string& name);
  bool deliver(const std::string& name, Tick tick);

  void on_taken(std::uint64_t source, std::size_t bytes) override;
  void on_resumed() override {}
  void write_gap(std::uint64_t, Bytes&) override {}

  const Limits limits_;
  host::Services services_;
  actor::ActorPort& actor_;
  host::EventQueue queue_;
  Timers timers_;
  Fifo<Change> changes_;     // in the order of the calls; performed ones leave at the front
  std::size_t settled_ = 0;  // the first so many of changes_ are committed
  /// Ticks that wait in the queue, by name, so that later ones are merged into them.
  std::map<std::string, Tick, std::less<>> waiting_ticks_;
  std::map<std::string, Tick, std::less<>> saved_ticks_;  // restart: waiting when it was saved
  /// Restart: names whose timer was replaced or cancelled and may have ticked since.
  std::set<std::string, std::less<>> replaced_;
  std::unordered_map<std::uint64_t, std::string> name_of_source_;
  std::uint64_t last_source_ = 0;
  bool is_stopped_ = false;
};

}  // namespace theater::hosts::timer
