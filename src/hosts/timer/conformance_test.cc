// The conformance set holds of timers.
#include "host/conformance/suite.h"
#include "hosts/timer/family.h"

namespace theater::host::conformance {
namespace {

struct TimerProvoker {
  static std::unique_ptr<Family> make() { return hosts::timer::make_family(); }
  static constexpr std::string_view kGrant = "timers_max = 8\n";
  static constexpr std::uint64_t kBytesMax = std::uint64_t{2} * 8 * 512;
  static std::vector<std::string_view> wrong_grants() {
    return {"timers_max = 0", "period_min = 10", "timers_mux = 3"};
  }

  static Bytes named(const std::string& name, std::uint64_t number) {
    return arguments_of(name, number);
  }
  static Step pass(Milliseconds span) {
    return {fmt::format("{} ms", span.count()),
            [span](Rehearsal& rehearsal) { rehearsal.pass(span); }};
  }
  static Step act(const std::string& function, Bytes arguments) {
    return {function,
            [function, arguments](Rehearsal& rehearsal) { rehearsal.act(function, arguments); }};
  }
  static std::vector<Call> calls() {
    return {{"after", named("x", 5)},
            {"every", named("y", 20)},
            {"at", named("z", 1)},
            {"cancel", arguments_of(std::string("x"))}};
  }
  static std::vector<Step> script() {
    return {act("after", named("once", 50)),
            act("every", named("beat", 20)),
            act("at", named("past", 1)),
            pass(Milliseconds(0)),
            pass(Milliseconds(30)),
            {"a batch", [](Rehearsal& rehearsal) { rehearsal.take(); }},
            act("after", named("once", 500)),
            act("cancel", arguments_of(std::string("nobody"))),
            pass(Milliseconds(45)),
            act("cancel", arguments_of(std::string("once")))};
  }
  static void flood(Rehearsal& rehearsal) {
    rehearsal.act("every", named("flood", 10));
    rehearsal.pass(std::chrono::seconds(2));
    rehearsal.act("cancel", arguments_of(std::string("flood")));
  }
  static void finish(Rehearsal& rehearsal) {
    for (const char* name : {"once", "beat", "past"}) {
      rehearsal.act("cancel", arguments_of(std::string(name)));
    }
  }
  static std::vector<Step> faults() {
    const auto jump = [](Nanoseconds span) {
      return [span](Rehearsal& rehearsal) {
        auto& clock = rehearsal.shard().clock;
        clock.set_wall(clock.wall() + span);
      };
    };
    return {{"the wall clock jumps ahead", jump(std::chrono::hours(3))},
            {"the wall clock falls back", jump(-std::chrono::hours(3))}};
  }
  static std::vector<Step> denied() { return {}; }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Timer, Conformance, TimerProvoker);
INSTANTIATE_TYPED_TEST_SUITE_P(Timer, Repeatable, TimerProvoker);

}  // namespace
}  // namespace theater::host::conformance
