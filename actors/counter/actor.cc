// Counts the ticks of a timer and logs the count.
#include <charconv>

#include "theater/runtime.h"
#include "theater/timer.h"

using std::chrono::milliseconds;

struct State {
  std::uint64_t count = 0;
  std::uint64_t missed = 0;
};

class Counter : public theater::Actor<State>, public theater::TimerHandler {
  /// The parameters are the period in milliseconds, in decimal; 1000 if empty.
  void on_init(theater::BytesView params) override {
    std::uint32_t period_ms = 1000;
    const auto* text = reinterpret_cast<const char*>(params.data());
    const auto parsed = std::from_chars(text, text + params.size(), period_ms);
    if (!params.empty() && (parsed.ec != std::errc{} || parsed.ptr != text + params.size())) {
      return fail("params must be a number of milliseconds");
    }
    const auto armed = theater::timer::every("count", milliseconds(period_ms));
    if (!armed.ok()) fail(armed.error().message);
  }

  void on_tick(const theater::Tick& tick) override {
    state().count += 1;
    state().missed += tick.missed;
    theater::log::info("count ", state().count);
  }
};

THEATER_ACTOR(Counter)
