// The timer family: named timers that survive restarts.
#pragma once

#include <chrono>

#include "theater/actor.h"

namespace theater {

using Outcome = actor::types::Outcome;
using Error = actor::types::Error;
/// A timer became due: its name, when it should have fired, and the ticks merged into this one.
using Tick = actor::timer_types::Payload;

/// Setting a name again replaces the timer. Timers start when the invocation is committed.
namespace timer {
using std::chrono::milliseconds;

inline Outcome after(std::string_view name, milliseconds delay) {
  return actor::timer::after(name, static_cast<std::uint64_t>(delay.count()));
}
inline Outcome every(std::string_view name, milliseconds period) {
  return actor::timer::every(name, static_cast<std::uint64_t>(period.count()));
}
inline Outcome at(std::string_view name, std::chrono::nanoseconds since_1970) {
  return actor::timer::at(name, static_cast<std::uint64_t>(since_1970.count()));
}
/// Answers whether the timer was armed.
inline bool cancel(std::string_view name) { return actor::timer::cancel(name); }
}  // namespace timer

class TimerHandler : public virtual ActorCore, public actor::timer_handler::Guest {
 public:
  StateResult handle_events(BytesView state, wit::List<actor::timer_types::Event> events) final {
    return invoke(state, events, [this](const auto& event) { on_tick(event.payload); });
  }

 protected:
  virtual void on_tick(const Tick& tick) = 0;
};

}  // namespace theater
