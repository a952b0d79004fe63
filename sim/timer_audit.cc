// TimerAudit: one-shot timers tick once, periodic ones miss no period.
#include "sim/timer_audit.h"

#include <algorithm>

#include "hosts/timer/instance.h"
#include "wasm/binary_reader.h"

namespace theater::sim {
namespace {

constexpr std::uint64_t kMillisecond = 1'000'000;

}  // namespace

Status TimerAudit::effect(const std::string& function, ByteSpan arguments) {
  if (!function.contains("/timer@")) return {};
  wasm::BinaryReader reader(arguments);
  const std::string name(reader.string());
  if (function.ends_with("#after")) {
    if (!onces_.emplace(name, Once{}).second) {
      return fail(Code::kInternal, "timer {} was set by two commits", name);
    }
    return {};
  }
  Periodic& timer = periodics_[name];
  timer.is_armed = function.ends_with("#every");
  if (timer.is_armed) timer.periods_ns.insert(reader.unsigned_number(UINT64_MAX) * kMillisecond);
  timer.ticks_since_change = 0;
  ++timer.changes;
  return {};
}

Status TimerAudit::tick(ByteSpan bytes) {
  TRY(const auto event, wasm::from_binary<host::Event<hosts::timer::Payload>>(bytes));
  const auto& payload = event.payload;
  if (const auto once = onces_.find(payload.name); once != onces_.end()) {
    if (++once->second.ticks == 1) return {};
    return fail(Code::kInternal, "timer {} ticked twice", payload.name);
  }
  const auto found = periodics_.find(payload.name);
  if (found == periodics_.end()) {
    return fail(Code::kInternal, "timer {} ticked and was never set", payload.name);
  }
  Periodic& timer = found->second;
  // Until a change is durable the timer before it ticks on; then the phase may shift once.
  if (++timer.ticks_since_change > 2) {
    const std::uint64_t span = payload.due_ns - timer.last_due_ns;
    const bool is_multiple = std::ranges::any_of(timer.periods_ns, [&](std::uint64_t period) {
      return span == (payload.missed + 1) * period;
    });
    if (!is_multiple && ++timer.odd_spans > timer.changes) {
      return fail(Code::kInternal, "timer {} ticked at {} after {}, {} missed", payload.name,
                  payload.due_ns, timer.last_due_ns, payload.missed);
    }
  }
  timer.last_due_ns = payload.due_ns;
  return {};
}

Status TimerAudit::finish() const {
  for (const auto& [name, once] : onces_) {
    if (once.ticks != 1) {
      return fail(Code::kInternal, "timer {} never ticked", name);
    }
  }
  for (const auto& [name, timer] : periodics_) {
    if (timer.is_armed && timer.ticks_since_change == 0) {
      return fail(Code::kInternal, "timer {} does not tick", name);
    }
  }
  return {};
}

}  // namespace theater::sim
