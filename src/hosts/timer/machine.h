// A timer's life, and what its ticks say. Pure: no clock, no executor.
//
//   armed --due--> armed (periodic) or gone (once); armed --cancel, replace--> gone
#pragma once

#include <cstdint>
#include <string>

#include "base/ids.h"
#include "base/time.h"

namespace theater::hosts::timer {

enum class Clockwork : std::uint8_t { kOnce, kPeriodic, kWall /* once, by wall time */ };

/// What a guest asked for.
struct Plan {
  Clockwork clockwork = Clockwork::kOnce;
  Nanoseconds period{0};  // kPeriodic
  WallTime due;           // the next tick
  Seq set;                // by this commit; 0: by one of a time when that was not kept
  bool operator==(const Plan&) const = default;
};

/// A tick as the guest sees it.
struct Tick {
  WallTime due;
  std::uint64_t missed = 0;
  Seq set;  // of its timer
  bool operator==(const Tick&) const = default;
};

/// Takes the ticks that are due at `now` (at least one must be) as one, and moves a periodic plan
/// to its first due time after `now`. Its phase stays.
inline Tick take_tick(Plan& plan, WallTime now) {
  Tick tick{plan.due, 0, plan.set};
  if (plan.clockwork != Clockwork::kPeriodic) return tick;
  if (now > plan.due) {
    tick.missed = static_cast<std::uint64_t>((now - plan.due) / plan.period);
    tick.due = plan.due + plan.period * static_cast<std::int64_t>(tick.missed);
  }
  plan.due = tick.due + plan.period;
  return tick;
}

/// Restart: whether a delivered `tick` came from an earlier timer of the name that `plan` has now.
/// Such a one ticks as long as the commit that replaced it waits for the disk, so that times do not
/// tell. They have to where a tick does not name its timer; kNone: there was no earlier one.
enum class Earlier : std::uint8_t { kNone, kMayBe };
inline bool is_stale(const Plan& plan, const Tick& tick, Earlier earlier) {
  if (tick.set != Seq{}) return tick.set != plan.set;
  return earlier == Earlier::kMayBe && tick.due < plan.due;
}

/// Restart: the history says that `tick` was delivered. True: the timer is gone.
inline bool fold_tick(Plan& plan, const Tick& tick) {
  if (plan.clockwork != Clockwork::kPeriodic) return true;
  plan.due = tick.due + plan.period;
  return false;
}

}  // namespace theater::hosts::timer
