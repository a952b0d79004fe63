// Rolls a die every second and counts the faces.
#include <charconv>

#include "theater/environment.h"
#include "theater/random.h"
#include "theater/runtime.h"
#include "theater/timer.h"

using std::chrono::milliseconds;

struct State {
  std::vector<std::uint64_t> fallen;  // by face, from 1; its size is the number of sides
};

class Dice : public theater::Actor<State>, public theater::TimerHandler {
  static constexpr std::uint32_t kSidesMax = 1000;

  /// 0 if the text is no number from 1 to `most`.
  static std::uint32_t number(std::string_view text, std::uint32_t most) {
    std::uint32_t value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool good = parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size();
    return good && value <= most ? value : 0;
  }

  /// The parameters are the period in milliseconds, in decimal; 1000 if empty.
  void on_init(theater::BytesView params) override {
    const std::uint32_t sides = number(theater::environment::get_or("DICE_SIDES", "6"), kSidesMax);
    if (sides == 0) return fail("DICE_SIDES must be a number from 1 to 1000");
    state().fallen.resize(sides);
    const std::string_view text(reinterpret_cast<const char*>(params.data()), params.size());
    const std::uint32_t period = text.empty() ? 1000 : number(text, 3'600'000);
    const auto armed = theater::timer::every("roll", milliseconds(period));
    if (!armed.ok()) fail(armed.error().message);
  }

  void on_tick(const theater::Tick&) override {
    auto& fallen = state().fallen;
    const std::uint32_t face = theater::random::below(static_cast<std::uint32_t>(fallen.size()));
    ++fallen[face];
    theater::log::info("rolled ", face + 1, " for the ", fallen[face], ". time");
  }
};

THEATER_ACTOR(Dice)
