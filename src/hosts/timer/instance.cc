// timer::Instance: calls, effects, ticks, restart.
#include "hosts/timer/instance.h"

#include <algorithm>

#include "base/check.h"
#include "base/probe.h"

namespace theater::hosts::timer {

namespace {

/// The first number of a snapshot that says who set each timer. Earlier ones begin with the number
/// of timers, which is lower.
constexpr std::uint64_t kSetsKnown = std::uint64_t{1} << 32;

WallTime wall_of(std::uint64_t unix_ns) {
  const auto most = static_cast<std::uint64_t>(INT64_MAX);
  return {Nanoseconds(static_cast<std::int64_t>(std::min(unix_ns, most)))};
}
std::uint64_t unix_ns_of(WallTime time) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(time.since_epoch.count(), 0));
}
Nanoseconds span_of(std::uint64_t milliseconds) {
  return Milliseconds(static_cast<std::int64_t>(std::min(milliseconds, kDelayMsMax)));
}

}  // namespace

Instance::Instance(const host::Binding<Instance>& binding, const Limits& limits,
                   const host::Context& context)
    : BoundInstance(binding),
      limits_(limits),
      services_(context.services),
      actor_(context.actor),
      queue_({"timer events",
              host::QueuePolicy::kCoalesce,
              {2 * limits.timers_max, 2 * limits.timers_max * 512, 0}},
             *this, context.actor, context.services.clock) {}

Instance::~Instance() { CHECK(is_stopped_ || census().is_empty(), "END-1"); }

// Calls.

host::Outcome Instance::accept(std::string_view name) {
  if (name.empty() || name.size() > kNameBytesMax) {
    return host::refuse(host::GuestCode::kInvalid, "a timer's name has 1 to {} bytes",
                        kNameBytesMax);
  }
  if (changes_.size() >= kPendingMax) {
    return host::refuse(host::GuestCode::kFull, "{} timer changes wait to become durable",
                        kPendingMax);
  }
  const bool may_be_full = timers_.size() + changes_.size() >= limits_.timers_max;
  if (may_be_full && !is_armed(name) && armed_count() >= limits_.timers_max) {
    return host::refuse(host::GuestCode::kFull, "timers_max is {}", limits_.timers_max);
  }
  changes_.push_back({std::string(name), true});
  return {};
}

host::Outcome Instance::after(std::string_view name, std::uint64_t delay_ms) {
  if (delay_ms > kDelayMsMax) {
    return host::refuse(host::GuestCode::kInvalid, "a delay is at most {} ms", kDelayMsMax);
  }
  return accept(name);
}

host::Outcome Instance::every(std::string_view name, std::uint64_t period_ms) {
  if (period_ms > kDelayMsMax || Milliseconds(period_ms) < limits_.period_min) {
    return host::refuse(host::GuestCode::kInvalid, "a period is {} to {} ms",
                        std::chrono::duration_cast<Milliseconds>(limits_.period_min).count(),
                        kDelayMsMax);
  }
  return accept(name);
}

host::Outcome Instance::at(std::string_view name, std::uint64_t) { return accept(name); }

bool Instance::cancel(std::string_view name) {
  if (!is_armed(name)) return false;
  changes_.push_back({std::string(name), false});
  return true;
}

bool Instance::is_armed(std::string_view name) const {
  for (std::size_t i = changes_.size(); i-- > 0;) {
    if (changes_[i].name == name) return changes_[i].arms;
  }
  return timers_.contains(name);
}

std::size_t Instance::armed_count() const {
  std::map<std::string_view, bool> last;  // whether the last change of each arms it
  for (std::size_t i = 0; i < changes_.size(); ++i) last[changes_[i].name] = changes_[i].arms;
  std::size_t count = timers_.size();
  for (const auto& [name, arms] : last) {
    if (arms != timers_.contains(name)) count += arms ? 1 : std::size_t(-1);
  }
  return count;
}

void Instance::settle(actor::Settlement settlement) {
  while (settlement == actor::Settlement::kDiscarded && changes_.size() > settled_) {
    changes_.pop_back();
  }
  settled_ = changes_.size();
}

void Instance::forget_change() {
  CHECK(settled_ > 0, "effects are performed after their commit");
  changes_.pop_front();
  --settled_;
}

// Effects.

void Instance::arm_after(actor::Effect& effect, std::string_view name, std::uint64_t delay_ms) {
  forget_change();
  set(name, {Clockwork::kOnce, {}, services_.clock.wall() + span_of(delay_ms), effect.seq});
}

void Instance::arm_every(actor::Effect& effect, std::string_view name, std::uint64_t period_ms) {
  forget_change();
  const Nanoseconds period = span_of(period_ms);
  set(name, {Clockwork::kPeriodic, period, services_.clock.wall() + period, effect.seq});
}

void Instance::arm_at(actor::Effect& effect, std::string_view name, std::uint64_t unix_ns) {
  forget_change();
  set(name, {Clockwork::kWall, {}, wall_of(unix_ns), effect.seq});
}

void Instance::disarm(std::string_view name) {
  forget_change();
  const auto found = timers_.find(name);
  if (found != timers_.end()) disarm(found);
}

void Instance::set(std::string_view name, Plan plan) {
  if (is_stopped_) return;
  const auto old = timers_.find(name);
  if (old != timers_.end()) disarm(old);
  const auto made = timers_.emplace(std::string(name), Timer{plan, {}, {}}).first;
  made->second.due = services_.clock.now() + (plan.due - services_.clock.wall());
  arm(made);
}

/// Starts the executor's timer. A timer by wall time sleeps in pieces: the clock may jump.
void Instance::arm(Timers::iterator timer) {
  Timer& it = timer->second;
  Nanoseconds delay = it.due - services_.clock.now();
  if (it.plan.clockwork == Clockwork::kWall) {
    delay = std::min(it.plan.due - services_.clock.wall(), kWallLook);
  }
  it.wait = services_.executor.after(std::max(delay, Nanoseconds(0)),
                                     [this, name = timer->first] { on_due(name); });
}

void Instance::disarm(Timers::iterator timer) {
  if (timer->second.wait) services_.executor.cancel(*timer->second.wait);
  timers_.erase(timer);
}

// Ticks.

void Instance::on_due(const std::string& name) {
  const auto found = timers_.find(name);
  CHECK(found != timers_.end(), "a disarmed timer does not fire");
  Timer& timer = found->second;
  timer.wait.reset();
  const bool is_early =
      timer.plan.clockwork == Clockwork::kWall && services_.clock.wall() < timer.plan.due;
  if (is_early) return arm(found);
  // By monotonic time, whatever the wall clock did meanwhile.
  const Nanoseconds late = services_.clock.now() - timer.due;
  Plan next = timer.plan;
  const Tick tick = take_tick(next, timer.plan.due + std::max(late, Nanoseconds(0)));
  if (!deliver(name, tick)) {
    timer.wait = services_.executor.after(kRetry, [this, again = name] { on_due(again); });
    return;
  }
  if (timer.plan.clockwork != Clockwork::kPeriodic) {
    timers_.erase(found);
    return;
  }
  timer.due = timer.due + (next.due - timer.plan.due);
  timer.plan = next;
  arm(found);
}

/// Queues a tick, or merges it into the one that still waits; false: the queue is full.
bool Instance::deliver(const std::string& name, Tick tick) {
  const auto waiting = waiting_ticks_.find(name);
  const bool is_merged = waiting != waiting_ticks_.end();
  if (is_merged) PROBE("timer: ticks are merged");
  if (is_merged) tick.missed += waiting->second.missed + 1;
  const Bytes event = wasm::to_binary(
      host::Event<Payload>{tick.set.value, {name, unix_ns_of(tick.due), tick.missed}});
  const std::uint64_t source = last_source_ + 1;
  switch (queue_.put(source, event, name)) {
    case host::Put::kRefused:
      return false;
    case host::Put::kCoalesced:
      waiting_ticks_.insert_or_assign(name, tick);
      return true;
    default:
      break;
  }
  last_source_ = source;
  name_of_source_.emplace(source, name);
  waiting_ticks_.emplace(name, tick);
  return true;
}

void Instance::on_taken(std::uint64_t source, std::size_t) {
  const auto found = name_of_source_.find(source);
  waiting_ticks_.erase(found->second);
  name_of_source_.erase(found);
}

// Restart.

void Instance::fold_after(host::PastEffect& past, std::string_view name, std::uint64_t delay_ms) {
  fold(name, {Clockwork::kOnce, {}, past.time + span_of(delay_ms), past.seq});
}

void Instance::fold_every(host::PastEffect& past, std::string_view name, std::uint64_t period_ms) {
  const Nanoseconds period = span_of(period_ms);
  fold(name, {Clockwork::kPeriodic, period, past.time + period, past.seq});
}

void Instance::fold_at(host::PastEffect& past, std::string_view name, std::uint64_t unix_ns) {
  fold(name, {Clockwork::kWall, {}, wall_of(unix_ns), past.seq});
}

void Instance::fold(std::string_view name, Plan plan) {
  fold_cancel(name);
  timers_.emplace(std::string(name), Timer{plan, {}, {}});
}

void Instance::fold_cancel(std::string_view name) {
  const auto found = timers_.find(name);
  if (found == timers_.end()) return;
  timers_.erase(found);
  replaced_.insert(std::string(name));
}

Status Instance::fold_event(ByteSpan bytes) {
  TRY(const auto event, wasm::from_binary<host::Event<Payload>>(bytes));
  const Tick tick{wall_of(event.payload.due_ns), event.payload.missed, Seq{event.id}};
  const bool had_earlier =
      saved_ticks_.erase(event.payload.name) + replaced_.erase(event.payload.name) > 0;
  const auto found = timers_.find(event.payload.name);
  if (found == timers_.end()) return {};
  if (is_stale(found->second.plan, tick, had_earlier ? Earlier::kMayBe : Earlier::kNone)) {
    PROBE("timer: a tick of a replaced timer was delivered");
    return {};
  }
  if (fold_tick(found->second.plan, tick)) timers_.erase(found);
  return {};
}

Status Instance::recover() {
  for (const auto& [name, tick] : saved_ticks_) deliver(name, tick);
  saved_ticks_.clear();
  replaced_.clear();
  for (auto timer = timers_.begin(); timer != timers_.end(); ++timer) {
    Timer& it = timer->second;
    it.due = services_.clock.now() + (it.plan.due - services_.clock.wall());
    arm(timer);
  }
  return {};
}

/// Every timer, then every tick that the guest has not seen yet.
Bytes Instance::save() const {
  Bytes out;
  wasm::BinaryWriter writer(out);
  writer.unsigned_number(kSetsKnown);
  writer.unsigned_number(timers_.size());
  for (const auto& [name, timer] : timers_) {
    writer.string(name);
    writer.byte(static_cast<std::uint8_t>(timer.plan.clockwork));
    writer.unsigned_number(static_cast<std::uint64_t>(timer.plan.period.count()));
    writer.unsigned_number(unix_ns_of(timer.plan.due));
    writer.unsigned_number(timer.plan.set.value);
  }
  writer.unsigned_number(waiting_ticks_.size());
  for (const auto& [name, tick] : waiting_ticks_) {
    writer.string(name);
    writer.unsigned_number(unix_ns_of(tick.due));
    writer.unsigned_number(tick.missed);
    writer.unsigned_number(tick.set.value);
  }
  return out;
}

Status Instance::load(ByteSpan saved) {
  wasm::BinaryReader first(saved);
  const bool knows_sets = first.unsigned_number(UINT64_MAX) == kSetsKnown;
  wasm::BinaryReader reader(knows_sets ? saved.subspan(first.offset()) : saved);
  const auto set = [&] { return Seq{knows_sets ? reader.unsigned_number(UINT64_MAX) : 0}; };
  for (std::uint64_t left = reader.count(); left > 0 && reader.ok(); --left) {
    std::string name(reader.string());
    Plan plan;
    plan.clockwork = static_cast<Clockwork>(reader.unsigned_number(2));
    plan.period = Nanoseconds(static_cast<std::int64_t>(reader.unsigned_number(INT64_MAX)));
    plan.due = wall_of(reader.unsigned_number(INT64_MAX));
    plan.set = set();
    if (plan.clockwork == Clockwork::kPeriodic && plan.period.count() <= 0) {
      reader.refuse("a period of nothing");
    }
    timers_.insert_or_assign(std::move(name), Timer{plan, {}, {}});
  }
  for (std::uint64_t left = reader.count(); left > 0 && reader.ok(); --left) {
    std::string name(reader.string());
    Tick tick{wall_of(reader.unsigned_number(INT64_MAX)), 0, {}};
    tick.missed = reader.unsigned_number(UINT64_MAX);
    tick.set = set();
    saved_ticks_.insert_or_assign(std::move(name), tick);
  }
  return reader.finish();
}

// The end.

void Instance::stop(actor::StopMode mode) {
  is_stopped_ = true;
  for (auto& [name, timer] : timers_) {
    if (timer.wait) services_.executor.cancel(*timer.wait);
    timer.wait.reset();
  }
  queue_.clear();
  waiting_ticks_.clear();
  name_of_source_.clear();
  if (mode == actor::StopMode::kDrain) actor_.drained();
}

void Instance::release_memory() {
  queue_.release_memory();
  changes_.release_memory();
}

actor::Census Instance::census() const {
  actor::Census census;
  census.timers = static_cast<std::uint64_t>(std::count_if(
      timers_.begin(), timers_.end(), [](const auto& timer) { return timer.second.wait; }));
  census.bytes = queue_.bytes();
  return census;
}

void Instance::measure(actor::Figures& figures) const {
  queue_.measure(figures);
  figures.gauge({"timers", "Timers that exist."}, static_cast<double>(timers_.size()));
}

}  // namespace theater::hosts::timer
